import '$shared/tokens.css';
import '$shared/base.css';
import '$shared/components/control.css';
import { mount } from 'svelte';
import App from './App.svelte';

const target = document.getElementById('app');
if (target) mount(App, { target });

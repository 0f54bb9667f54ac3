/** What the customer has said and drawn so far, on the way to the one command that takes it. */
import type { Args } from '$shared/transport/transport';

export type SigningMode = 'drawn' | 'paper' | 'refused';
export type Outcome = Args<'visit_sign'>['outcome'];

export class SigningForm {
  mode = $state<SigningMode>('drawn');
  grade = $state<number | null>(null);
  words = $state('');
  name = $state('');
  position = $state('');
  consents = $state(false);
  /** Takes the drawn signature; none while the area is empty. */
  drawing = $state.raw<(() => Promise<Blob>) | null>(null);
  paper = $state.raw<File | null>(null);
  reason = $state('');
  witness = $state('');

  /** What is still empty, in the order of the page. */
  get gaps(): string[] {
    const needed: [string, boolean][] =
      this.mode === 'refused'
        ? [
            ['reason', this.reason.trim() !== ''],
            ['witness', this.witness.trim() !== ''],
          ]
        : [
            ['name', this.name.trim() !== ''],
            ...(this.mode === 'drawn'
              ? ([
                  ['consents', this.consents],
                  ['drawing', this.drawing !== null],
                ] as [string, boolean][])
              : ([['paper', this.paper !== null]] as [string, boolean][])),
          ];
    return needed.filter(([, given]) => !given).map(([field]) => field);
  }

  get opinion(): Args<'visit_sign'>['opinion'] {
    return this.grade === null ? null : { grade: this.grade, words: this.words.trim() };
  }

  /** The answer with its picture handed over. */
  async outcome(upload: (picture: Blob) => Promise<string>): Promise<Outcome | null> {
    const name = this.name.trim();
    const position = this.position.trim();
    if (this.mode === 'refused') {
      return { mode: 'refused', reason: this.reason.trim(), witness: this.witness.trim() };
    }
    if (this.mode === 'drawn') {
      return this.drawing && { mode: 'drawn', name, position, signature: await upload(await this.drawing()) };
    }
    return this.paper && { mode: 'paper', name, position, paper: await upload(this.paper) };
  }
}

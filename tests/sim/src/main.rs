//! `sim`: plays seeds, and tells what it finds.

use anyhow::{Context, Result};
use clap::Parser;
use doorstep_sim::{Ground, run};
use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Write},
    process::{Child, Command, ExitCode, Stdio},
    sync::mpsc::{self, Sender},
    thread,
    time::Instant,
};

/// Plays seeds of the simulator.
#[derive(Parser)]
struct Args {
    /// Play this seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// Tell everything that happens in it.
    #[arg(long)]
    trace: bool,
    /// The first of many seeds.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// How many.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// Play every so-manieth seed only: the others are another process's.
    #[arg(long, default_value_t = 1)]
    every: u64,
    /// How many processes play; as many as there are cores by default.
    #[arg(long)]
    jobs: Option<u64>,
    /// Stop after so many findings.
    #[arg(long, default_value_t = 10)]
    findings: usize,
}

/// What a process found and counted.
#[derive(Default)]
struct Sum {
    played: u64,
    findings: Vec<String>,
    counts: BTreeMap<String, u64>,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    match (args.seed, args.jobs.unwrap_or(cores)) {
        (Some(seed), _) => alone(&args, seed),
        (None, 1) => play(&args),
        (None, jobs) => share(&args, jobs),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

fn alone(args: &Args, seed: u64) -> Result<ExitCode> {
    let run = runtime()?.block_on(async { run(&Ground::make().await?, seed).await })?;
    let mut out = std::io::stdout().lock();
    if args.trace {
        for line in run.trace.lines() {
            writeln!(out, "{line}")?;
        }
    }
    let found = run.finding.as_deref().unwrap_or("nothing found");
    writeln!(out, "seed {seed}: {found}\ntrace {}", run.trace.hash())?;
    Ok(if run.finding.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Plays seeds in this process, and tells in lines that [`share`] reads.
fn play(args: &Args) -> Result<ExitCode> {
    let mut out = std::io::stdout().lock();
    let runtime = runtime()?;
    let ground = runtime.block_on(Ground::make())?;
    let mut findings = 0;
    for seed in (args.from..args.from + args.seeds).step_by(usize::try_from(args.every)?) {
        let run = runtime.block_on(run(&ground, seed))?;
        for (what, count) in run.trace.counts() {
            writeln!(out, "count {count} {what}")?;
        }
        if let Some(finding) = run.finding {
            findings += 1;
            writeln!(out, "found seed {seed}: {}", finding.replace('\n', " "))?;
        }
        writeln!(out, "count 1 seeds")?;
        if findings >= args.findings {
            break;
        }
    }
    Ok(if findings == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Shares the seeds among processes, and stops them all once enough was found.
fn share(args: &Args, jobs: u64) -> Result<ExitCode> {
    let begun = Instant::now();
    let mut children = Vec::new();
    let (lines, told) = mpsc::channel();
    for job in 0..jobs {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--from", &(args.from + job).to_string(), "--every", &jobs.to_string(), "--jobs", "1"]);
        command.args(["--seeds", &args.seeds.saturating_sub(job).to_string()]);
        command.args(["--findings", &args.findings.to_string()]);
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        hand_on(&mut child, lines.clone())?;
        children.push(child);
    }
    drop(lines);
    let mut sum = Sum::default();
    while let Ok(line) = told.recv() {
        read(&line, &mut sum)?;
        if sum.findings.len() >= args.findings {
            break;
        }
    }
    let enough = sum.findings.len() >= args.findings;
    let mut died = false;
    for mut child in children {
        if enough {
            child.kill()?;
        }
        died |= !child.wait()?.success();
    }
    tell(&sum, begun.elapsed().as_secs_f64())?;
    let fine = sum.findings.is_empty() && !died && sum.played == args.seeds;
    Ok(if fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Hands on what a process tells, line by line, until it ends.
fn hand_on(child: &mut Child, lines: Sender<String>) -> Result<()> {
    let out = child.stdout.take().context("its output is piped")?;
    thread::spawn(move || {
        for line in BufReader::new(out).lines().map_while(Result::ok) {
            // Nobody listens once enough was found.
            if lines.send(line).is_err() {
                break;
            }
        }
    });
    Ok(())
}

fn read(line: &str, sum: &mut Sum) -> Result<()> {
    if let Some(finding) = line.strip_prefix("found ") {
        writeln!(std::io::stdout(), "{finding}")?;
        sum.findings.push(finding.to_owned());
    } else if let Some((count, what)) = line.strip_prefix("count ").and_then(|rest| rest.split_once(' ')) {
        let count: u64 = count.parse()?;
        *sum.counts.entry(what.to_owned()).or_default() += count;
        sum.played += if what == "seeds" { count } else { 0 };
    }
    Ok(())
}

fn tell(sum: &Sum, seconds: f64) -> Result<()> {
    let mut out = std::io::stdout().lock();
    for (what, count) in &sum.counts {
        writeln!(out, "{count:>10} {what}")?;
    }
    writeln!(out, "{} seeds played in {seconds:.0} s, {} findings", sum.played, sum.findings.len())?;
    if let Some(first) = sum.findings.first().and_then(|f| f.split([' ', ':']).nth(1)) {
        writeln!(out, "to see one: cargo xtask sim --seed {first} --trace")?;
    }
    Ok(())
}

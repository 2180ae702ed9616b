/** What `--help` says beyond commands and options. */

export const help = `
Examples:
  $ millrace run spec.json
  $ millrace run spec.json --set trainer.with.epochs=20 --set loader.batchSize=128
  $ millrace resume runs/spec-20260101-120000
  $ millrace evaluate runs/spec-20260101-120000 --split test
  $ millrace predict runs/spec-20260101-120000 photo.png
  $ millrace check spec.json
  $ millrace plugins transform

Exit codes:
  0 all went well · 1 the spec, the data or the training has a fault · 2 the command line was not understood
  130 stopped by Ctrl-C (143 by SIGTERM) · 70 an error nobody expected`;

export const runHelp = `
The run folder gets spec.json (every default filled in), metrics.jsonl, log.jsonl, run.json, report.html, event files for
\`tensorboard --logdir\`, and the model.
Press Ctrl-C once to stop after the present step and keep what was learned; twice to quit at once.`;

export const resumeHelp = `
Same as \`millrace run SPEC --resume RUN\` with the spec that the run kept: the weights at the end are those of a run that
was never stopped. A run that has ended goes on with more epochs: --set trainer.with.epochs=20.`;

export const evaluateHelp = `
Every sample of the split once, without transforms that are for training only; --split train too. The result is printed
and written to evaluation-<split>.json in the run's folder.

  $ millrace evaluate runs/digits-20260101-120000 --split test
  $ millrace evaluate runs/digits-20260101-120000 --set source.with.root=/data/other-digits --checkpoint best`;

export const predictHelp = `
Inputs pass the run's own transforms (none that are for training only), answers carry its label names. Columns of CSV
files are matched by name to the feature columns of training; a line of JSON Lines is {"column": value} or
{"features": [...]}. An input that fails is named on stderr, the rest goes on, and the exit code is 1.

  $ millrace predict runs/digits-20260101-120000 photo.png folder/ --top 3
  $ millrace predict runs/wine-20260101-120000 new-wines.csv --out answers.csv`;

export const exportHelp = `
The folder also gets preprocessing.json (what must be done to an input), labels.json, and a README with a short program
for each place where the model can be loaded.

  $ millrace export runs/digits-20260101-120000 --to digits-model`;

export const setHelp =
  "change one value of the spec, such as trainer.with.epochs=3; may be given several times";

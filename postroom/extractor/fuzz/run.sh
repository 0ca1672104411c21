#!/usr/bin/env bash
# Coverage-guided fuzzing of every layer: bash run.sh [SECONDS_PER_TARGET] [TARGET …]
# What it finds lies in artifacts/; `cargo +nightly fuzz run TARGET ARTIFACT` repeats it.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-60}
shift || true

if ! cargo +nightly --version >/dev/null 2>&1; then
  echo "fuzzing needs a nightly compiler: its sanitizers and its coverage are not in stable." >&2
  echo "  help: rustup toolchain install nightly, then repeat." >&2
  exit 3
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
  echo "installing cargo-fuzz, once" >&2
  cargo install --locked cargo-fuzz || {
    echo "  help: cargo install --locked cargo-fuzz needs the network and a C++ compiler." >&2
    exit 3
  }
fi

# Sound files to damage: one of every format, not encoded, so that damage is read as it is written.
synth=../../../.venv/bin/pst-synth
[ -x "$synth" ] || synth="cargo run --quiet --release --manifest-path ../Cargo.toml --bin pst-synth --"
if [ ! -e base/.written ]; then
  mkdir -p base
  for format in unicode unicode4k ansi14 ansi15; do
    rm -f "base/$format.pst"
    $synth unicode --mails 6 --format "$format" --encoding none --out "base/$format.pst" 2>/dev/null
  done
  rm -f base/cyclic.pst base/permute.pst
  $synth family --mails 3 --encoding cyclic --out base/cyclic.pst 2>/dev/null
  $synth unicode --mails 4 --encoding permute --out base/permute.pst 2>/dev/null
  touch base/.written
fi

# Seeds are the raw properties of real files, where there are some; else it starts from nothing.
python=../../../.venv/bin/python
if [ -z "${POSTROOM_CORPUS:-}" ]; then
  echo "POSTROOM_CORPUS is not set: no seeds from real files" >&2
elif [ -x "$python" ] && [ ! -e corpus/.seeded ]; then
  mkdir -p corpus
  "$python" seeds.py "$POSTROOM_CORPUS" corpus base
  touch corpus/.seeded
fi

targets=("$@")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(cargo +nightly fuzz list)
# libdeflate compiles one table twice; that is no fault of ours, and no harm.
export ASAN_OPTIONS=detect_odr_violation=0
cargo +nightly fuzz build
failed=()
for target in "${targets[@]}"; do
  echo "== $target, $seconds s"
  options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -verbosity=0 -print_funcs=0)
  [ -e "dictionaries/$target.dict" ] && options+=("-dict=dictionaries/$target.dict")
  mkdir -p "corpus/$target"
  cargo +nightly fuzz run "$target" -- "${options[@]}" || failed+=("$target")
done
if [ ${#failed[@]} -gt 0 ]; then
  echo "fuzzing found something in: ${failed[*]}; see artifacts/" >&2
  exit 1
fi
echo "fuzzing found nothing in: ${targets[*]}"

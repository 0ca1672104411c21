#!/usr/bin/env bash
# Debian packages that some tests need, and with `bench` those of a peer. Installs what is missing where it may; else names
# what will be skipped.
set -u
missing=()
command -v readpst >/dev/null || missing+=(pst-utils)
compgen -G '/usr/share/tesseract-ocr/*/tessdata/eng.traineddata' >/dev/null || missing+=(tesseract-ocr-eng)
compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || missing+=(postgresql)
command -v chromium >/dev/null || command -v google-chrome >/dev/null || [ -n "${POSTROOM_TEST_CHROMIUM:-}" ] || missing+=(chromium)
[ "${1:-}" != bench ] || command -v pgloader >/dev/null || missing+=(pgloader)
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing ${missing[*]}"
  apt-get update -qq >/dev/null
  if DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null; then exit 0; fi
  echo "apt-get could not install them"
fi
echo "NOT INSTALLED: ${missing[*]}: the tests that need them are skipped, and the summary names them"
echo "  help: sudo apt-get install ${missing[*]}"
exit 0

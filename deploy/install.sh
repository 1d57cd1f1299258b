#!/bin/sh
# Installs edge-htr from this folder, without a network.
#
#   sh install.sh [--system] [FOLDER]        default: ~/edge-htr
#
# --system takes numpy and OpenCV from the system (sudo apt install python3-numpy python3-opencv).
# A CSI camera on Raspberry Pi OS Bookworm needs that, and so does every 32-bit system.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
python=${PYTHON:-python3}
system=
folder=

die() {
	echo "Error: $*" >&2
	exit 1
}

for word in "$@"; do
	case $word in
	--system) system=yes ;;
	-*) die "unknown option $word; use: sh install.sh [--system] [FOLDER]" ;;
	*) folder=$word ;;
	esac
done
folder=${folder:-$HOME/edge-htr}

(cd "$here" && sha256sum --quiet -c SHA256SUMS) || die "this archive is damaged: copy it again"

version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])') || die "no $python"
bits=$("$python" -c 'import struct; print(struct.calcsize("P") * 8)')
board=$(sed -n 1p "$here/board")
[ "$bits" = "$(sed -n 2p "$here/board")" ] || die "this archive is for $board: not for a $bits-bit system"
[ "$bits" = 32 ] || [ "$(uname -m)" = "$(sed -n 3p "$here/board")" ] || die "this archive is for $board: not for $(uname -m)"
[ "$bits" = 64 ] || system=yes
lock=$here/lock-$version${system:+-system}.txt
[ -f "$lock" ] || die "this archive has no packages for Python $version: make offline-bundle BOARD=$board"
"$python" -c 'import venv, ensurepip' 2>/dev/null || die "venv is missing: sudo apt install python3-venv"
if [ -n "$system" ]; then
	"$python" -c 'import numpy, cv2' || die "numpy or OpenCV is missing: sudo apt install python3-numpy python3-opencv"
fi

"$python" -m venv ${system:+--system-site-packages} "$folder"
# Nothing but this folder is looked at, whatever pip.conf says; Raspberry Pi OS adds an index there.
export PIP_CONFIG_FILE=/dev/null PIP_NO_INDEX=1 PIP_DISABLE_PIP_VERSION_CHECK=1
unset PYTHONDONTWRITEBYTECODE # a start without compiled files takes several times as long
pip() { "$folder/bin/python" -m pip "$@"; }
pip install --quiet --no-deps --find-links "$here/wheels" --require-hashes -r "$lock"
pip install --quiet --no-deps "$here"/wheels/edge_htr-*.whl
if [ -d "$here/models" ]; then
	mkdir -p "$folder/models"
	cp "$here"/models/*.tflite "$folder/models/"
fi

"$folder/bin/edge-htr" doctor || die "installed, but it cannot read here yet: see the cures above"
echo "Installed. Now: $folder/bin/edge-htr run picture.png"

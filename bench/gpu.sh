#!/usr/bin/env bash
# What graphics hardware does for this plugin: runs the plugin's own command lines (gpu-arguments.txt, printed by it) with nothing but
# FFmpeg, and prints for each whether it works, how fast it is, and its processor time against software.
#
#   bench/gpu.sh [ffmpeg] [preset ...]
set -u -o pipefail -f

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ffmpeg=${1:-ffmpeg}
shift || true
presets=$*
seconds=10
limit=60

major=$("$ffmpeg" -hide_banner -version 2>/dev/null | sed -n 's/^libavutil *\([0-9]*\)\..*/\1/p')
if [ -z "$major" ]; then
  echo "There is no FFmpeg at $ffmpeg." >&2
  exit 1
fi
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Input: a camera of 1920x1080 at 30 pictures a second, and pictures of 1280x720 as the encoder gets them.
fragments="-f mp4 -movflags frag_every_frame+empty_moov+default_base_moof"
make_camera() { # codec encoder options...
  local codec=$1 encoder=$2
  shift 2
  "$ffmpeg" -hide_banner -loglevel error -nostdin -y -f lavfi -i "testsrc2=size=1920x1080:rate=30:duration=$seconds" -vf noise=alls=8:allf=t,format=yuv420p \
    -c:v "$encoder" -preset ultrafast -b:v 4M -maxrate 4M -bufsize 4M -g 60 -bf 0 "$@" $fragments "$folder/$codec.mp4" 2>"$folder/said" && return
  if [ -f "$here/../samples/$codec.mp4" ]; then
    echo "No $encoder here ($(head -n 1 "$folder/said")): the second of $codec that the plugin brings is used instead."
    cp "$here/../samples/$codec.mp4" "$folder/$codec.mp4"
  else
    echo "No $encoder here, and no sample: $codec is left out."
  fi
}
make_camera h264 libx264
make_camera hevc libx265 -x265-params log-level=error -tag:v hvc1
"$ffmpeg" -hide_banner -loglevel error -nostdin -y -f lavfi -i "testsrc2=size=1280x720:rate=30:duration=$seconds" -vf noise=alls=8:allf=t,format=yuv420p \
  -c:v rawvideo -f nut -write_index 0 "$folder/pictures.nut" || exit 1

# The arguments for this FFmpeg, a line each: preset, step, arguments. Of several the newest that it is new enough for.
arguments() {
  awk -v major="$major" '$1 + 0 <= major + 0 { key = $2 " " $3; if (!(key in line)) order[++count] = key; line[key] = $0 }
    END { for (i = 1; i <= count; i++) { sub(/^[0-9]+ /, "", line[order[i]]); print line[order[i]] } }' "$here/gpu-arguments.txt"
}

# Runs one command line in the background and ends it after the limit. Counts the pictures that come out.
run_step() { # input format arguments...
  local input=$1 format=$2
  shift 2
  TIMEFORMAT='%R %U %S'
  {
    time {
      "$ffmpeg" "$@" <"$input" 2>"$folder/said" &
      local pid=$!
      { sleep "$limit" && echo "no end after $limit s" >>"$folder/said" && kill -KILL "$pid"; } >/dev/null 2>&1 &
      local watchdog=$!
      wait "$pid"
      echo $? >"$folder/code"
      kill "$watchdog"
      wait "$watchdog"
    } 2>/dev/null
  } 2>"$folder/time" | "$ffmpeg" -hide_banner -loglevel quiet -nostdin -f "$format" -i pipe:0 -map 0:v:0 -c copy -f framecrc pipe:1 >"$folder/frames"
}

printf 'FFmpeg: %s (libavutil %s)\n\n' "$("$ffmpeg" -version | head -n 1 | cut -d ' ' -f 3)" "$major"
printf '%-13s %-26s %-6s %9s %9s %9s  %s\n' preset step result pictures/s cpu-s 'of software' 'reason'
arguments >"$folder/lines"
while read -r preset step args; do
  case " $presets software " in
    "  software " | *" $preset "*) ;;
    *) continue ;;
  esac
  codec=${step#*-}
  codec=${codec%%-*}
  input=$folder/$codec.mp4
  format=mp4
  case $step in
    encode) input=$folder/pictures.nut ;;
    decode-*) format=nut ;;
  esac
  [ -f "$input" ] || continue
  # No argument has a space in it.
  run_step "$input" "$format" $args
  pictures=$(grep -c '^0,' "$folder/frames")
  read -r wall user system <"$folder/time"
  cpu=$(awk "BEGIN { printf \"%.2f\", $user + $system }")
  base=$step
  base=${base%-decoder-only}
  base=${base%-encoder-only}
  if [ "$(cat "$folder/code")" = 0 ] && [ "$pictures" -gt 0 ]; then
    [ "$preset" = software ] && echo "$cpu" >"$folder/software-$base"
    ratio=$(awk -v cpu="$cpu" -v software="$(cat "$folder/software-$base" 2>/dev/null)" 'BEGIN { if (software > 0) printf "%.0f %%", 100 * cpu / software; else print "-" }')
    printf '%-13s %-26s %-6s %9.0f %9s %9s\n' "$preset" "$step" works "$(awk "BEGIN { print $pictures / $wall }")" "$cpu" "$ratio"
  else
    printf '%-13s %-26s %-6s %9s %9s %9s  %s\n' "$preset" "$step" fails - - - "$(head -n 1 "$folder/said" | sed "s, @ 0x[0-9a-f]*,," | cut -c 1-160)"
  fi
done <"$folder/lines"

/**
 * A shell script that is FFmpeg on a machine with capture devices of V4L2. A device is a file with what it offers, in FFmpeg's own words
 * for that; it is held like one, by whoever streams from it, and gone when it is removed. Everything but the device is the real FFmpeg:
 * it gets its own test pictures, in the asked format, size and rate, in place of the device, and all its other arguments as they are.
 * @param ffmpeg the real one, as a word of a shell script.
 */
export function captureScript(ffmpeg: string): string {
  return `
case " $* " in *' -f v4l2 '*) ;; *) exec ${ffmpeg} "$@";; esac
device= size= rate= format= list= before=
for each; do
  case "$before" in
    -i) device="\${device:-$each}";;
    -video_size) size="$each";;
    -framerate) rate="$each";;
    -input_format) format="$each";;
    -list_formats) list="$each";;
  esac
  before="$each"
done
complain() { echo "[video4linux2,v4l2 @ 0x5581c0de] $1" >&2; }
fail() { echo "$device: $1" >&2; exit 1; }
refuse() { complain "$1: $2"; fail "$2"; }

[ -e "$device" ] || refuse "Cannot open video device $device" 'No such file or directory'
[ -z "$(find "$device" -perm 000)" ] || refuse "Cannot open video device $device" 'Permission denied'
! grep -q metadata "$device" || refuse 'ioctl(VIDIOC_G_INPUT)' 'Inappropriate ioctl for device'
if [ -n "$list" ]; then
  while IFS= read -r line; do complain "$line"; done < "$device"
  fail 'Immediate exit requested'
fi
echo "$device" >> "$0.opened"
exec 9< "$device"
flock -n 9 || fail 'Device or resource busy'
grep -q ": *$format :.* $size\\b" "$device" || { complain "Cannot find a proper format for codec '$format' (id 0), pixel format '$format' (id -1)"; fail 'Invalid argument'; }

pictures="testsrc2=size=$size:rate=$rate"
case "$format" in
  mjpeg) made="-pix_fmt yuvj422p -c:v mjpeg -q:v 3 -f nut";;
  h264) made="-pix_fmt yuv420p -c:v libx264 -preset ultrafast -tune zerolatency -g 30 -f mpegts";;
  *) made=;;
esac
# What the kernel does meanwhile, until the last one who reads is gone. It holds nothing of what FFmpeg was given but its error output.
meanwhile() {
  exec < /dev/null > /dev/null 3>&- 9<&-
  if [ -n "$made" ]; then
    ${ffmpeg} -v error -nostdin -re -f lavfi -i "$pictures" $made -y "$0.$$" &
    maker=$!
  fi
  while kill -0 $$ && [ -e "$device" ]; do sleep 0.1; done 2> /dev/null
  if [ ! -e "$device" ]; then
    complain 'ioctl(VIDIOC_DQBUF): No such device'
    kill -INT $$
    sleep 0.5
    kill -KILL $$ 2> /dev/null # FFmpeg 7.0 waits for its input.
  fi
  [ -z "$made" ] || { kill $maker; rm -f "$0.$$"; }
}
if [ -n "$made" ]; then
  mkfifo "$0.$$"
  input="-f \${made##* } -i $0.$$"
else
  input="-re -f lavfi -i $pictures,format=$format"
fi
meanwhile &

skipped= replaced=
for each; do
  shift
  if [ -n "$skipped" ]; then
    skipped=
  elif [ -n "$replaced" ]; then
    set -- "$@" "$each"
  else
    case "$each" in
      -f|-input_format|-video_size|-framerate) skipped=1;;
      -i) skipped=1; replaced=1; set -- "$@" $input;;
      *) set -- "$@" "$each";;
    esac
  fi
done
exec ${ffmpeg} "$@"`;
}

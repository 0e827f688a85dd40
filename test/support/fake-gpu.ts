import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What the fake GPU does with what it is asked. `fails`: at once, as a card without free sessions. `dies`: works for 3 s. `hangs`: takes
 * everything, gives nothing, and does not end. `falls-back`: FFmpeg complains, and decodes in software.
 */
export type FakeGpuMode = 'works' | 'fails' | 'dies' | 'hangs' | 'falls-back' | 'encoder-only' | 'decoder-only';

/** An FFmpeg with an "NVIDIA" card: option "hardware": "nvidia", "ffmpegPath": `path`. */
export interface FakeGpu extends AsyncDisposable {
  readonly path: string;
  /** For all that is started from now on. */
  set(mode: FakeGpuMode): void;
  /** Every start since the beginning, questions about its abilities included. */
  starts(): readonly FakeGpuStart[];
}

export interface FakeGpuStart {
  readonly args: readonly string[];
  /** What the GPU was asked for in it; both false: software, or a question. */
  readonly decodes: boolean;
  readonly encodes: boolean;
}

/** A program in front of a real FFmpeg that passes everything on, and does in software what the preset "nvidia" asks of the GPU. */
export async function startFakeGpu({ realFfmpeg, mode = 'works' }: { readonly realFfmpeg: string; readonly mode?: FakeGpuMode }): Promise<FakeGpu> {
  const folder = await mkdtemp(join(tmpdir(), 'camera-hub-gpu-'));
  const path = join(folder, 'ffmpeg');
  const set = (next: FakeGpuMode): void => {
    writeFileSync(join(folder, 'mode.new'), `${next}\n`);
    renameSync(join(folder, 'mode.new'), join(folder, 'mode'));
  };
  set(mode);
  await writeFile(join(folder, 'starts'), '');
  await writeFile(path, script(realFfmpeg, folder));
  await chmod(path, 0o755);
  return {
    path,
    set,
    starts: () => readFileSync(join(folder, 'starts'), 'utf8').split('\n').slice(0, -1).map(startOf),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

function startOf(line: string): FakeGpuStart {
  const args = line.split('\t');
  return { args, decodes: args.includes('-hwaccel'), encodes: args.includes('h264_nvenc') };
}

/** Plain sh, so that it starts in some milliseconds. */
function script(realFfmpeg: string, folder: string): string {
  return `#!/bin/sh
real='${realFfmpeg}'
folder='${folder}'
IFS='	' line="$*"
unset IFS
printf '%s\\n' "$line" >> "$folder/starts"
read -r mode < "$folder/mode"

decodes= encodes=
for arg; do
  case $arg in
    -encoders) "$real" "$@" && echo ' V....D h264_nvenc           NVIDIA NVENC H.264 encoder (codec h264)'; exit ;;
    -hwaccels) "$real" "$@" && echo cuda; exit ;;
    -hwaccel) decodes=yes ;;
    h264_nvenc) encodes=yes ;;
  esac
done
[ "$decodes$encodes" ] || exec "$real" "$@"

no_decoder() { echo '[AVHWDeviceContext @ 0x5581] cu->cuInit(0) failed -> CUDA_ERROR_NO_DEVICE: no CUDA-capable device is detected' >&2; exit 1; }
no_encoder() { echo '[h264_nvenc @ 0x5581] OpenEncodeSessionEx failed: out of memory (10): (no details)' >&2; exit 1; }
case $mode in
  fails) [ "$encodes" ] && no_encoder; no_decoder ;;
  encoder-only) [ "$decodes" ] && no_decoder ;;
  decoder-only) [ "$encodes" ] && no_encoder ;;
  falls-back) [ "$decodes" ] && echo '[h264 @ 0x5581] Failed setup for format cuda: hwaccel initialisation returned error.' >&2 ;;
  hangs) cat > /dev/null; exec sleep 30 ;;
esac

left=$#
while [ $left -gt 0 ]; do
  arg=$1; shift; left=$((left - 1))
  case $arg in
    -init_hw_device|-filter_hw_device|-hwaccel|-hwaccel_output_format|-hwaccel_device|-hwaccel_flags|-rc|-zerolatency|-delay|-forced-idr) shift; left=$((left - 1)) ;;
    -preset|-tune) value=$1; shift; left=$((left - 1)); [ "$encodes" ] || set -- "$@" "$arg" "$value" ;;
    h264_nvenc) set -- "$@" libx264 -preset superfast -tune zerolatency ;;
    -vf)
      filters=$(printf '%s' "$1" | sed -e 's/hwdownload,//g' -e 's/scale_cuda=format=/format=/g' -e 's/scale_cuda=\\(w=[0-9]*:h=[0-9]*\\):format=/scale=\\1,format=/g')
      shift; left=$((left - 1)); set -- "$@" -vf "$filters" ;;
    *) set -- "$@" "$arg" ;;
  esac
done
[ "$mode" = dies ] || exec "$real" "$@"

exec 3<&0
"$real" "$@" <&3 3<&- & worker=$!
exec 3<&- </dev/null
{ sleep 3; kill -KILL $worker; } >/dev/null 2>&1 & clock=$!
trap 'kill -KILL $worker $clock; exit 143' TERM
wait $worker
code=$?
kill $clock 2>/dev/null
[ $code -lt 128 ] && exit $code
echo '[h264_nvenc @ 0x5581] EncodePicture failed!: device lost (10)' >&2
exit 1
`;
}

/** Session descriptions in the shape in which cameras answer a DESCRIBE that requires the backchannel. Addresses and names are made up. */
const lines = (...all: readonly string[]): string => all.map((line) => `${line}\r\n`).join('');

/** Absolute controls without a Content-Base that matters, and vendor attributes. */
export const hikvision = lines(
  'v=0', 'o=- 1658759913020392 1658759913020392 IN IP4 192.0.2.70', 's=Media Presentation', 'e=NONE', 'b=AS:5100', 't=0 0', 'a=control:rtsp://192.0.2.70:554/Streaming/Channels/101/',
  'm=video 0 RTP/AVP 96', 'c=IN IP4 0.0.0.0', 'b=AS:5000', 'a=recvonly', 'a=x-dimensions:1920,1080', 'a=control:rtsp://192.0.2.70:554/Streaming/Channels/101/trackID=1',
  'a=rtpmap:96 H264/90000', 'a=fmtp:96 profile-level-id=420029; packetization-mode=1; sprop-parameter-sets=Z00AKpY1QPAET8s3AQEBQAABwgAAV+Qh,aO4xsg==',
  'm=audio 0 RTP/AVP 0', 'c=IN IP4 0.0.0.0', 'b=AS:50', 'a=recvonly', 'a=control:rtsp://192.0.2.70:554/Streaming/Channels/101/trackID=2', 'a=rtpmap:0 PCMU/8000',
  'm=audio 0 RTP/AVP 0', 'c=IN IP4 0.0.0.0', 'b=AS:50', 'a=sendonly', 'a=control:rtsp://192.0.2.70:554/Streaming/Channels/101/trackID=4', 'a=rtpmap:0 PCMU/8000',
  'a=Media_header:MEDIAINFO=494D4B48010200000400000111710110401F000000FA000000000000000000000000000000000000;', 'a=appversion:1.0',
);

/** Also Amcrest: many formats in one section, those of 16 kHz first. */
export const dahua = lines(
  'v=0', 'o=- 2251952887 2251952887 IN IP4 0.0.0.0', 's=RTSP Session/2.0', 'c=IN IP4 0.0.0.0', 't=0 0', 'a=control:*', 'a=range:npt=now-', 'a=packetization-supported:DH',
  'm=video 0 RTP/AVP 96', 'a=control:trackID=0', 'a=framerate:25.000000', 'a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=1;profile-level-id=4D0033;sprop-parameter-sets=Z00AMw==,aO48gA==', 'a=recvonly',
  'm=audio 0 RTP/AVP 97', 'a=control:trackID=1', 'a=rtpmap:97 MPEG4-GENERIC/16000', 'a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408', 'a=recvonly',
  'm=application 0 RTP/AVP 107', 'a=control:trackID=4', 'a=rtpmap:107 vnd.onvif.metadata/90000', 'a=recvonly',
  'm=audio 0 RTP/AVP 104 0 103 8 102 101 100 97', 'a=control:trackID=5', 'a=rtpmap:104 PCMU/16000', 'a=rtpmap:0 PCMU/8000', 'a=rtpmap:103 PCMA/16000', 'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:102 L16/16000', 'a=rtpmap:101 L16/8000', 'a=rtpmap:100 MPEG4-GENERIC/16000', 'a=rtpmap:97 MPEG4-GENERIC/8000', 'a=sendonly',
);

/** Doorbell; the last line has no end. */
export const reolink = lines(
  'v=0', 'o=- 1680614126554766 1 IN IP4 192.0.2.3', 's=Session streamed by "preview"', 't=0 0', 'a=tool:BC Streaming Media v202210012022.10.01', 'a=type:broadcast', 'a=control:*', 'a=range:npt=now-',
  'm=video 0 RTP/AVP 96', 'c=IN IP4 0.0.0.0', 'b=AS:8192', 'a=rtpmap:96 H264/90000', 'a=range:npt=now-', 'a=fmtp:96 packetization-mode=1;profile-level-id=640033;sprop-parameter-sets=Z2QAM6w=,aO48sA==', 'a=recvonly', 'a=control:track1',
  'm=audio 0 RTP/AVP 97', 'c=IN IP4 0.0.0.0', 'b=AS:8192', 'a=rtpmap:97 MPEG4-GENERIC/16000', 'a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1408;', 'a=recvonly', 'a=control:track2',
  'm=audio 0 RTP/AVP 8', 'a=control:track3', 'a=rtpmap:8 PCMA/8000', 'a=sendonly',
).trimEnd();

/** An older one of theirs, with LIVE555 and a line of blanks, and no speaker. */
export const reolinkWithout = lines(
  'v=0', 'o=- 1674668428057855 1 IN IP4 192.0.2.20', 's=Session streamed by "preview"', 'i=', 't=0 0', 'a=tool:LIVE555 Streaming Media v2020.08.12', '', '      ', 'a=control:*',
  'm=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=control:track1', 'm=audio 0 RTP/AVP 97', 'a=rtpmap:97 MPEG4-GENERIC/16000', 'a=fmtp:97 mode=AAC-hbr;config=1408', 'a=control:track2',
);

/** No directions, no session control, and an m= line that breaks the rules. */
export const tapo = lines(
  'v=0', 'o=- 14665860 31787219 1 IN IP4 192.0.2.94', 's=Session streamed by "TP-LINK RTSP Server"', 't=0 0',
  'm=video 0 RTP/AVP 96', 'c=IN IP4 0.0.0.0', 'b=AS:4096', 'a=range:npt=0-', 'a=control:track1', 'a=rtpmap:96 H264/90000', 'a=fmtp:96 packetization-mode=1; profile-level-id=640016; sprop-parameter-sets=Z2QAFqw=,aOqPLA==',
  'm=audio 0 RTP/AVP 8', 'a=rtpmap:8 PCMA/8000', 'a=control:track2', 'm=application/TP-LINK 0 RTP/AVP smart/1/90000', 'a=rtpmap:95 TP-LINK/90000', 'a=control:track3',
);

/** Directions from the camera's own side, which ONVIF has the other way round. */
export const ownSide = lines(
  'v=0', 'o=CV-RTSPHandler 1123412 0 IN IP4 192.0.2.22', 's=Camera', 'a=control:*', 'm=video 0 RTP/AVP 99', 'a=rtpmap:99 H264/90000', 'a=control:trackID=1', 'a=sendonly',
  'm=audio 0 RTP/AVP 0', 'a=control:trackID=2', 'a=sendonly',
);

/** The example of the ONVIF Streaming Specification: no rtpmap for PCMU in the microphone, absolute controls, line feeds alone. */
export const onvifExample = lines(
  'v=0', 'o= 2890842807 IN IP4 192.0.2.1', 's=RTSP Session with audiobackchannel', 'm=video 0 RTP/AVP 26', 'a=control:rtsp://192.0.2.1/video', 'a=recvonly',
  'm=audio 0 RTP/AVP 0', 'a=control:rtsp://192.0.2.1/audio', 'a=recvonly',
  'm=audio 0 RTP/AVP 0 97 98', 'a=control:rtsp://192.0.2.1/audioback', 'a=rtpmap:97 G726-16/8000', 'a=rtpmap:98 MPEG4-GENERIC/16000/1',
  'a=fmtp:98 streamtype=5; profile-level-id=1; mode=AAC-hbr; sizeLength=13; indexLength=3; indexDeltaLength=3; config=1408', 'a=sendonly',
).replaceAll('\r\n', '\n');

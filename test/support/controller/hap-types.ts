/** Short UUIDs of the HAP services and characteristics that tests use (HAP R13 9 and 10). */
export const hapService = {
  accessoryInformation: '3E',
  switch: '49',
  contactSensor: '80',
  motionSensor: '85',
  occupancySensor: '86',
  microphone: '112',
  speaker: '113',
  doorbell: '121',
  cameraRtpStreamManagement: '110',
  cameraOperatingMode: '21A',
  cameraRecordingManagement: '204',
  dataStreamTransportManagement: '129',
} as const;

/** Short UUIDs of characteristics. */
export const hapCharacteristic = {
  name: '23',
  configuredName: 'E3',
  on: '25',
  active: 'B0',
  contactSensorState: '6A',
  motionDetected: '22',
  occupancyDetected: '71',
  statusActive: '75',
  statusFault: '77',
  programmableSwitchEvent: '73',
  mute: '11A',
  volume: '119',
  streamingStatus: '120',
  supportedVideoStreamConfiguration: '114',
  supportedAudioStreamConfiguration: '115',
  supportedRtpConfiguration: '116',
  selectedRtpStreamConfiguration: '117',
  setupEndpoints: '118',
  eventSnapshotsActive: '223',
  periodicSnapshotsActive: '225',
  homeKitCameraActive: '21B',
  recordingAudioActive: '226',
  supportedCameraRecordingConfiguration: '205',
  supportedVideoRecordingConfiguration: '206',
  supportedAudioRecordingConfiguration: '207',
  selectedCameraRecordingConfiguration: '209',
  supportedDataStreamTransportConfiguration: '130',
  setupDataStreamTransport: '131',
} as const;

/** HAP shortens UUIDs of its own range ("118"); this gives the long form, in upper case. */
export function longUuid(type: string): string {
  return type.length <= 8 ? `${type.padStart(8, '0')}-0000-1000-8000-0026BB765291`.toUpperCase() : type.toUpperCase();
}

/** One characteristic as `/accessories` describes it. */
export interface HapCharacteristicFacts {
  readonly iid: number;
  readonly type: string;
  readonly perms: readonly string[];
  readonly value?: unknown;
}

/** One service as `/accessories` describes it. */
export interface HapServiceFacts {
  readonly iid: number;
  readonly type: string;
  readonly characteristics: readonly HapCharacteristicFacts[];
}

/** One accessory as `/accessories` describes it. */
export interface HapAccessoryFacts {
  readonly aid: number;
  readonly services: readonly HapServiceFacts[];
}

/** Reasons that hold for several anchors. */
const method =
  'needs an Authentication Method, which no configuration gives yet: proved with a test method in src/broker';
const webSocket =
  'byte scripts speak TCP: tested in src/transport/websocket.test.ts and websocket-stream.test.ts';

/** Anchors that concern a server and that no byte script plays, each with the reason. */
export const notTested: Readonly<Record<string, string>> = {
  'MQTT-3.3.4-4': 'as Mosquitto the broker sends one copy for each subscription, which is [MQTT-3.3.4-5]',
  'MQTT-3.15.2-2': method,
  'MQTT-3.15.2-3': method,
  'MQTT-4.12.0-2': method,
  'MQTT-4.12.0-5': method,
  'MQTT-4.12.1-2': method,
  'MQTT-6.0.0-1': webSocket,
  'MQTT-6.0.0-2': webSocket,
  'MQTT-6.0.0-4': webSocket,
  '3.1.1:MQTT-3.8.3-2': 'wildcards are supported',
  '3.1.1:MQTT-4.8.0-2': 'no client can cause a transient error of the broker',
  '3.1.1:MQTT-6.0.0-1': webSocket,
  '3.1.1:MQTT-6.0.0-2': webSocket,
  '3.1.1:MQTT-6.0.0-4': webSocket,
  '3.1.1:MQTT-7.0.0-1': 'bridges come with a later issue',
};

/** ALPN: which protocol is spoken inside TLS, for clients that ask. */

/** What clients of MQTT ask for: by the registered name, by that of a large service, over WebSocket. */
const SPOKEN = ['mqtt', 'x-amzn-mqtt-ca', 'http/1.1'];

/**
 * One of the protocols that a client offers. Mosquitto looks at none; Node can only take one or refuse the client. So
 * what is not known is taken by its first name: whoever does not speak MQTT will be told by its first packet.
 */
export function applicationProtocol({ protocols }: { readonly protocols: string[] }): string | undefined {
  return SPOKEN.find((one) => protocols.includes(one)) ?? protocols[0];
}

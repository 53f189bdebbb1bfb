/** The bounds of the client: what a server, or a program that is faster than its server, can make it keep. */

export const LIMITS = {
  /** The largest packet to accept, bytes; `maximumPacketSize` says otherwise. */
  packetBytes: 67_108_864,
  /** The largest packet that MQTT has, bytes. §2.1.4 */
  largestPacketBytes: 268_435_460,
  /** Messages that wait to be sent, and their bytes; `queue` and `queueBytes` say otherwise. */
  queuedMessages: 1000,
  queuedBytes: 67_108_864,
  /** Messages of a subscription that wait to be taken, and their bytes; `buffer` and `bufferBytes` say otherwise. */
  bufferedMessages: 1000,
  bufferedBytes: 16_777_216,
  /** What it keeps beyond them while the program waits for an answer of the server; then QoS 0 is dropped. */
  overrunMessages: 50_000,
  overrunBytes: 16_777_216,
  /** QoS 1 and 2 in flight: identifiers are left for SUBSCRIBE and UNSUBSCRIBE. */
  inflightMessages: 60_000,
  /** SUBSCRIBE and UNSUBSCRIBE without an answer; more wait. */
  requests: 1000,
  /** Filters of one UNSUBSCRIBE that makes up for several. */
  unsubscribedFilters: 100,
  /** Messages of QoS 2 that wait for their PUBREL, where they wait at all. */
  heldBytes: 268_435_456,
  /** Bytes that the system has not taken, beyond which no PUBLISH is started. */
  fullBytes: 524_288,
  /**
   * Acknowledgements that the server does not take, bytes; then nothing is read from it. A server that keeps to the
   * protocol is owed a quarter of it at most: 65,535 packet identifiers, four bytes each, twice.
   */
  owedBytes: 2_097_152,
  /** Bytes that came although nothing was to be read, where the transport cannot wait. */
  unreadBytes: 16_777_216,
  /** What a message of WebSocket may hold besides the largest packet: it may hold several. Beyond it the connection ends. */
  messageSpareBytes: 16_777_216,
  /** Topic aliases that the server may set: they cost little and save it bytes. */
  topicAliases: 64,
} as const;

/** What is counted since the start, for `$SYS`. Plain numbers: a message costs a few additions. */
export class Counters {
  /** Packets of any type. */
  packetsReceived = 0;
  packetsSent = 0;
  bytesReceived = 0;
  bytesSent = 0;
  publishReceived = 0;
  publishSent = 0;
  publishDropped = 0;
  /** Payload bytes. */
  publishBytesReceived = 0;
  publishBytesSent = 0;
  /** Accepted sockets. */
  sockets = 0;
  /** CONNECT packets. */
  connects = 0;
  /** Sessions that expired. */
  expired = 0;
}

/**
 * Configurations that several scripts share, so that few brokers are started: options that do not disturb each other,
 * put together. Scripts without one run on a broker with its defaults.
 */

/** Everything a broker can tell a 5.0 client it does not do. */
export const limited: string = [
  'max_keepalive 60',
  'max_topic_alias 3',
  'retain_available false',
  'max_packet_size 5000',
  'max_inflight_messages 7',
  'max_qos 1',
].join('\n');

/** Options set to what they are not by default. */
export const unusual: string = [
  'auto_id_prefix given-',
  'queue_qos0_messages true',
  'allow_duplicate_messages false',
  'max_packet_size 3000000',
  'max_topic_alias 0',
  'max_inflight_messages 0',
].join('\n');

/** Many in flight, and copies for all. */
export const generous: string = [
  'allow_duplicate_messages true',
  'upgrade_outgoing_qos true',
  'max_inflight_messages 1001',
].join('\n');

/** Few messages. */
export const narrow: string = [
  'max_queued_messages 3',
  'max_inflight_messages 1',
  'message_size_limit 10',
].join('\n');

/** Few bytes. */
export const small: string = [
  'max_queued_bytes 10',
  'max_inflight_bytes 10',
  'max_queued_messages 0',
  'max_packet_size 1000',
  'allow_zero_length_clientid false',
].join('\n');

/** What mosquitto 2.0.11 does not know, or not so short. */
export const recent: string = [
  'persistent_client_expiration 1s',
  'max_keepalive 1',
  'accept_protocol_versions 4,5',
].join('\n');

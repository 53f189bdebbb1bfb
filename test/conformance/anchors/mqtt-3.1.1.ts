/**
 * The normative statements of MQTT 3.1.1 (OASIS Standard, 29 October 2014), appendix B: number, whom it concerns, what it
 * says in a line. Two numbers that the appendix misprints (`3.1.2.7`, `3-8.3-4`) are set right.
 */
export const mqtt311 = `
1.5.3-1   both    strings are well-formed UTF-8, without surrogates; else close
1.5.3-2   both    strings do not contain U+0000; else close
1.5.3-3   both    EF BB BF is U+FEFF wherever it stands, and is never stripped
2.2.2-1   both    reserved flag bits have the value listed
2.2.2-2   both    invalid flags close
2.3.1-1   both    SUBSCRIBE, UNSUBSCRIBE and PUBLISH of QoS > 0 have a non-zero Packet Identifier
2.3.1-2   client  a new one has an unused Packet Identifier
2.3.1-3   client  a re-send has the same Packet Identifier, which is free after the acknowledgement
2.3.1-4   server  the same for a server's PUBLISH of QoS > 0
2.3.1-5   both    a PUBLISH of QoS 0 has no Packet Identifier
2.3.1-6   both    PUBACK, PUBREC and PUBREL carry the Packet Identifier of the PUBLISH
2.3.1-7   server  SUBACK and UNSUBACK carry the Packet Identifier of what they answer
3.1.0-1   client  the first packet is a CONNECT
3.1.0-2   server  a second CONNECT ends the connection
3.1.2-1   server  a wrong protocol name closes, or is processed by another specification
3.1.2-2   server  a level it does not know is answered by CONNACK 0x01, and closes
3.1.2-3   server  the reserved Connect Flag must be 0, else close
3.1.2-4   server  Clean Session 0 resumes the session, or creates one, and keeps it
3.1.2-5   server  QoS 1 and 2 messages for it are stored while it is away
3.1.2-6   both    Clean Session 1 discards the session; the new one ends with the connection
3.1.2-7   server  retained messages are no part of a session and outlive it
3.1.2-8   server  the will is published when the connection closes, unless DISCONNECT deleted it
3.1.2-9   both    Will Flag 1: Will Topic and Will Message are there and used
3.1.2-10  server  the will is removed once published, or on DISCONNECT
3.1.2-11  both    Will Flag 0: QoS and Retain are 0, and the fields are not there
3.1.2-12  server  Will Flag 0: no will is published
3.1.2-13  both    Will Flag 0 means Will QoS 0
3.1.2-14  both    Will QoS is not 3
3.1.2-15  both    Will Flag 0 means Will Retain 0
3.1.2-16  server  Will Retain 0 publishes the will as a message that is not retained
3.1.2-17  server  Will Retain 1 publishes the will as a retained message
3.1.2-18  both    User Name Flag 0 means no User Name
3.1.2-19  both    User Name Flag 1 means a User Name
3.1.2-20  both    Password Flag 0 means no Password
3.1.2-21  both    Password Flag 1 means a Password
3.1.2-22  both    User Name Flag 0 means Password Flag 0
3.1.2-23  client  PINGREQ is sent when Keep Alive asks for it
3.1.2-24  server  silence for 1.5 times Keep Alive closes the connection
3.1.3-1   client  payload fields stand in their order
3.1.3-2   both    the ClientId identifies the session state
3.1.3-3   both    the ClientId is there and first
3.1.3-4   both    the ClientId is a UTF-8 encoded string
3.1.3-5   server  ClientIds of 1 to 23 letters and digits are allowed
3.1.3-6   server  a ClientId of zero bytes, when allowed, gets a unique one
3.1.3-7   client  a ClientId of zero bytes goes with Clean Session 1
3.1.3-8   server  with Clean Session 0 it is refused by 0x02, and closes
3.1.3-9   server  a rejected ClientId is refused by 0x02, and closes
3.1.3-10  both    the Will Topic is a UTF-8 encoded string
3.1.3-11  both    the User Name is a UTF-8 encoded string
3.1.4-1   server  a CONNECT that does not conform closes without a CONNACK
3.1.4-2   server  the ClientId of a connected client disconnects that client
3.1.4-3   server  Clean Session is processed
3.1.4-4   server  an accepted CONNECT is answered by CONNACK 0
3.1.4-5   server  after refusing, nothing is processed
3.2.0-1   server  the first packet of the server is a CONNACK
3.2.2-1   server  Clean Session 1: Session Present 0
3.2.2-2   server  Clean Session 0 with a session: Session Present 1
3.2.2-3   server  without a session: Session Present 0
3.2.2-4   server  a non-zero return code has Session Present 0
3.2.2-5   server  after a non-zero return code the connection closes
3.2.2-6   server  where no return code fits, it closes without a CONNACK
3.3.1-1   both    DUP is 1 on re-delivery
3.3.1-2   both    DUP is 0 on QoS 0
3.3.1-3   server  DUP of an outgoing PUBLISH says only whether it is a retransmission
3.3.1-4   both    both QoS bits set closes
3.3.1-5   server  RETAIN 1 stores the message and its QoS
3.3.1-6   server  a new subscription gets the retained messages that match
3.3.1-7   server  a retained message of QoS 0 replaces the one before
3.3.1-8   server  messages sent because of a new subscription have RETAIN 1
3.3.1-9   server  messages to established subscriptions have RETAIN 0
3.3.1-10  server  an empty retained message is delivered, and removes the retained message
3.3.1-11  server  an empty retained message is not stored
3.3.1-12  server  RETAIN 0 neither stores nor removes
3.3.2-1   both    the Topic Name comes first and is a UTF-8 encoded string
3.3.2-2   both    the Topic Name has no wildcards
3.3.2-3   server  the topic sent to a subscriber matches its filter
3.3.4-1   both    a PUBLISH is answered as its QoS asks
3.3.5-1   server  overlapping subscriptions: delivered with the highest QoS of them
3.3.5-2   server  a PUBLISH that is not authorised is acknowledged, or closes
3.6.1-1   server  flags of PUBREL other than 0010 are malformed and close
3.8.1-1   server  flags of SUBSCRIBE other than 0010 are malformed and close
3.8.3-1   both    Topic Filters are UTF-8 encoded strings
3.8.3-2   server  wildcards, where not supported, are rejected
3.8.3-3   both    SUBSCRIBE has at least one filter
3.8.3-4   server  reserved bits, or a QoS of 3, are malformed and close
3.8.4-1   server  SUBSCRIBE is answered by SUBACK
3.8.4-2   server  SUBACK has the Packet Identifier of the SUBSCRIBE
3.8.4-3   server  an identical filter replaces the subscription, and retained messages are sent again
3.8.4-4   server  several filters are handled as several SUBSCRIBEs, with one SUBACK
3.8.4-5   server  SUBACK has a return code for each filter
3.8.4-6   server  delivered with the lower of the QoS published and the QoS granted
3.9.3-1   server  the codes of SUBACK are in the order of the filters
3.9.3-2   server  the codes of SUBACK are 0, 1, 2 or 0x80
3.10.1-1  server  flags of UNSUBSCRIBE other than 0010 are malformed and close
3.10.3-1  both    Topic Filters are UTF-8 encoded strings
3.10.3-2  both    UNSUBSCRIBE has at least one filter
3.10.4-1  server  filters are compared character by character; an equal one is deleted
3.10.4-2  server  no new messages for a deleted subscription
3.10.4-3  server  QoS 1 and 2 deliveries that have begun are completed
3.10.4-4  server  UNSUBSCRIBE is answered by UNSUBACK with its Packet Identifier
3.10.4-5  server  even when nothing is deleted
3.10.4-6  server  several filters are handled as several UNSUBSCRIBEs, with one UNSUBACK
3.12.4-1  server  PINGREQ is answered by PINGRESP
3.14.1-1  server  reserved flags of DISCONNECT that are not 0 disconnect
3.14.4-1  client  DISCONNECT closes
3.14.4-2  client  nothing is sent after DISCONNECT
3.14.4-3  server  DISCONNECT discards the will
4.1.0-1   both    session state is kept for the whole session
4.1.0-2   both    a session lasts at least as long as its connection
4.3.1-1   both    QoS 0 goes out with QoS 0 and DUP 0
4.3.2-1   both    QoS 1, sender: unused Packet Identifier, DUP 0, unacknowledged until PUBACK
4.3.2-2   both    QoS 1, receiver: PUBACK; after it the same Packet Identifier is a new message
4.3.3-1   both    QoS 2, sender: PUBLISH until PUBREC, PUBREL until PUBCOMP, no PUBLISH after PUBREL
4.3.3-2   both    QoS 2, receiver: PUBREC, no duplicates until PUBREL, PUBCOMP
4.4.0-1   both    unacknowledged PUBLISH and PUBREL are sent again on resume
4.5.0-1   server  a message goes to the session state of every client that matches
4.5.0-2   client  every PUBLISH is acknowledged
4.6.0-1   both    PUBLISH packets are sent again in their order
4.6.0-2   client  PUBACK in the order of PUBLISH
4.6.0-3   client  PUBREC in the order of PUBLISH
4.6.0-4   client  PUBREL in the order of PUBREC
4.6.0-5   server  every topic is ordered by default
4.6.0-6   server  ordered topics: messages of a client go out in the order received, per topic and QoS
4.7.1-1   both    wildcards stand in filters, never in Topic Names
4.7.1-2   both    # alone or after /, and last
4.7.1-3   both    + occupies a whole level
4.7.2-1   server  filters that begin with a wildcard do not match topics that begin with $
4.7.3-1   both    topics and filters have at least one character
4.7.3-2   both    topics and filters do not contain U+0000
4.7.3-3   both    topics and filters have at most 65535 bytes
4.7.3-4   server  matching normalizes nothing
4.8.0-1   both    a protocol violation closes the connection
4.8.0-2   both    a transient error closes the connection
6.0.0-1   both    WebSocket: binary frames; any other closes
6.0.0-2   both    WebSocket: packets need not be aligned with frames
6.0.0-3   client  WebSocket: offers the subprotocol mqtt
6.0.0-4   server  WebSocket: selects the subprotocol mqtt
7.0.0-1   both    a server that also connects to servers conforms as client too
7.0.0-2   both    no extensions are needed to interoperate
7.1.1-1   server  a transport that is an ordered, lossless stream of bytes is supported
7.1.2-1   client  a transport that is an ordered, lossless stream of bytes is supported
`;

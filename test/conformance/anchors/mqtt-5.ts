/**
 * The normative statements of MQTT 5.0 (OASIS Standard, 7 March 2019), appendix B: number, whom it concerns, what it
 * says in a line. The numbers are those of the appendix: 2.2.1-1 does not exist, and two that the body misprints
 * (`MQTT-4.2-1`, a cut `MQTT-3.2.2-8`) are whole here.
 */
export const mqtt5 = `
1.5.4-1   both    strings are well-formed UTF-8, without surrogates
1.5.4-2   both    strings do not contain U+0000
1.5.4-3   both    EF BB BF is U+FEFF wherever it stands, and is never stripped
1.5.5-1   both    a Variable Byte Integer is encoded in the fewest bytes
1.5.7-1   both    both strings of a pair are UTF-8 Encoded Strings
2.1.3-1   both    reserved flag bits of the fixed header have the value listed
2.2.1-2   both    a PUBLISH of QoS 0 has no Packet Identifier
2.2.1-3   client  a new SUBSCRIBE, UNSUBSCRIBE or PUBLISH of QoS > 0 has a non-zero unused Packet Identifier
2.2.1-4   server  a new PUBLISH of QoS > 0 has a non-zero unused Packet Identifier
2.2.1-5   both    PUBACK, PUBREC, PUBREL and PUBCOMP carry the Packet Identifier of the PUBLISH
2.2.1-6   server  SUBACK and UNSUBACK carry the Packet Identifier of what they answer
2.2.2-1   both    no properties are a Property Length of 0
3.1.0-1   client  the first packet is a CONNECT
3.1.0-2   server  a second CONNECT is a Protocol Error and ends the connection
3.1.2-1   server  a wrong protocol name may be answered by CONNACK 0x84, and closes
3.1.2-2   server  a version it does not know may be answered by CONNACK 0x84, and closes
3.1.2-3   server  the reserved Connect Flag must be 0, else the packet is malformed
3.1.2-4   server  Clean Start 1 discards the session and starts a new one
3.1.2-5   server  Clean Start 0 resumes the session that is there
3.1.2-6   server  Clean Start 0 without a session creates one
3.1.2-7   server  Will Flag 1 stores a Will Message with the session
3.1.2-8   server  the will is published after the close, when its delay is over or the session ends, unless deleted
3.1.2-9   client  Will Flag 1 means Will Properties, Will Topic and Will Payload are there
3.1.2-10  server  the will is removed once published, or on DISCONNECT 0x00
3.1.2-11  both    Will Flag 0 means Will QoS 0
3.1.2-12  both    Will QoS is 0, 1 or 2; 3 is malformed
3.1.2-13  both    Will Flag 0 means Will Retain 0
3.1.2-14  server  Will Retain 0 publishes the will as a message that is not retained
3.1.2-15  server  Will Retain 1 publishes the will as a retained message
3.1.2-16  client  User Name Flag 0 means no User Name
3.1.2-17  client  User Name Flag 1 means a User Name
3.1.2-18  client  Password Flag 0 means no Password
3.1.2-19  client  Password Flag 1 means a Password
3.1.2-20  client  PINGREQ is sent when Keep Alive asks for it
3.1.2-21  client  Server Keep Alive is used instead of Keep Alive
3.1.2-22  server  silence for 1.5 times Keep Alive closes the connection
3.1.2-23  both    the session is kept after the close while Session Expiry Interval is above 0
3.1.2-24  server  no packet above the client's Maximum Packet Size is sent
3.1.2-25  server  a message too large to be sent is discarded, and treated as if it had been sent
3.1.2-26  server  no Topic Alias above the client's Topic Alias Maximum is sent
3.1.2-27  server  no Topic Alias is sent when Topic Alias Maximum is absent or 0
3.1.2-28  server  no Response Information unless it was requested
3.1.2-29  server  Request Problem Information 0: no Reason String or User Property except on PUBLISH, CONNACK, DISCONNECT
3.1.2-30  client  with an Authentication Method, only AUTH and DISCONNECT before CONNACK
3.1.3-1   client  payload fields stand in their order
3.1.3-2   both    the ClientID identifies the session state
3.1.3-3   client  the ClientID is there and first
3.1.3-4   client  the ClientID is a UTF-8 Encoded String
3.1.3-5   server  ClientIDs of 1 to 23 letters and digits are allowed
3.1.3-6   server  a ClientID of zero bytes, when allowed, gets a unique one assigned
3.1.3-7   server  the assigned ClientID is used as if it had been sent, and returned in CONNACK
3.1.3-8   server  a rejected ClientID may get CONNACK 0x85, and closes
3.1.3-9   server  no will when the session is resumed before Will Delay Interval is over
3.1.3-10  server  User Properties of the will keep their order
3.1.3-11  client  the Will Topic is a UTF-8 Encoded String
3.1.3-12  client  the User Name is a UTF-8 Encoded String
3.1.4-1   server  a CONNECT that does not conform closes the connection
3.1.4-2   server  further checks (authentication, authorisation) may refuse, and close
3.1.4-3   server  the ClientID of a connected client: that client gets DISCONNECT 0x8E and is closed
3.1.4-4   server  Clean Start is processed
3.1.4-5   server  an accepted CONNECT is answered by CONNACK 0x00
3.1.4-6   server  after refusing, nothing but AUTH is processed
3.2.0-1   server  CONNACK comes before any other packet except AUTH
3.2.0-2   server  at most one CONNACK per connection
3.2.2-1   server  bits 7 to 1 of the Connect Acknowledge Flags are 0
3.2.2-2   server  Clean Start 1: Session Present 0
3.2.2-3   server  Clean Start 0: Session Present 1 when there was a session, else 0
3.2.2-4   client  Session Present 1 without state: close
3.2.2-5   client  Session Present 0 with state: discard it
3.2.2-6   server  a non-zero Reason Code has Session Present 0
3.2.2-7   server  after a Reason Code of 0x80 or more the connection closes
3.2.2-8   server  CONNACK has one of the Connect Reason Codes
3.2.2-9   server  Maximum QoS is sent when QoS 1 or 2 is not supported
3.2.2-10  server  SUBSCRIBE of any QoS is accepted even then
3.2.2-11  client  no PUBLISH above Maximum QoS
3.2.2-12  server  a Will QoS above its capability is refused, with 0x9B, and closes
3.2.2-13  server  Will Retain 1 without retained messages is refused, with 0x9A, and closes
3.2.2-14  client  no RETAIN 1 when Retain Available is 0
3.2.2-15  client  no packet above the Maximum Packet Size of the server
3.2.2-16  server  a ClientID of zero bytes gets an Assigned Client Identifier that no other session uses
3.2.2-17  client  no Topic Alias above the Topic Alias Maximum of the server
3.2.2-18  client  no Topic Alias without Topic Alias Maximum
3.2.2-19  server  no Reason String that makes CONNACK larger than Maximum Packet Size
3.2.2-20  server  no User Property that makes CONNACK larger than Maximum Packet Size
3.2.2-21  client  Server Keep Alive is used instead of Keep Alive
3.2.2-22  server  without Server Keep Alive, the client's Keep Alive counts
3.3.1-1   both    DUP is 1 on re-delivery
3.3.1-2   both    DUP is 0 on QoS 0
3.3.1-3   server  DUP of an outgoing PUBLISH says only whether it is a retransmission
3.3.1-4   both    both QoS bits set is malformed
3.3.1-5   server  RETAIN 1 replaces the retained message of the topic
3.3.1-6   server  an empty retained message is delivered, and removes the retained message
3.3.1-7   server  an empty retained message is not stored
3.3.1-8   server  RETAIN 0 neither stores nor removes
3.3.1-9   server  Retain Handling 0: retained messages are sent
3.3.1-10  server  Retain Handling 1: only when the subscription is new
3.3.1-11  server  Retain Handling 2: not at all
3.3.1-12  server  Retain As Published 0: forwarded with RETAIN 0
3.3.1-13  server  Retain As Published 1: forwarded with RETAIN as received
3.3.2-1   both    the Topic Name comes first and is a UTF-8 Encoded String
3.3.2-2   both    the Topic Name has no wildcards
3.3.2-3   server  the topic sent to a subscriber matches its filter
3.3.2-4   server  Payload Format Indicator is forwarded unaltered
3.3.2-5   server  a copy whose Message Expiry Interval is over is deleted
3.3.2-6   server  Message Expiry Interval is sent minus the time waited
3.3.2-7   both    Topic Aliases end with the connection
3.3.2-8   both    Topic Alias 0 is never sent
3.3.2-9   client  no Topic Alias above the Topic Alias Maximum of the server
3.3.2-10  client  every Topic Alias up to its maximum is accepted
3.3.2-11  server  no Topic Alias above the client's maximum
3.3.2-12  server  every Topic Alias up to its maximum is accepted
3.3.2-13  both    the Response Topic is a UTF-8 Encoded String
3.3.2-14  both    the Response Topic has no wildcards
3.3.2-15  server  the Response Topic is forwarded unaltered
3.3.2-16  server  Correlation Data is forwarded unaltered
3.3.2-17  server  all User Properties are forwarded unaltered
3.3.2-18  server  User Properties keep their order
3.3.2-19  both    the Content Type is a UTF-8 Encoded String
3.3.2-20  server  the Content Type is forwarded unaltered
3.3.4-1   both    a PUBLISH is answered as its QoS asks
3.3.4-2   server  overlapping subscriptions: delivered with the highest QoS of them
3.3.4-3   server  Subscription Identifiers are sent with the message
3.3.4-4   server  a single copy carries the identifiers of all the matching subscriptions
3.3.4-5   server  several copies carry each the identifier of its subscription
3.3.4-6   client  no Subscription Identifier in a PUBLISH to the server
3.3.4-7   client  no more unacknowledged PUBLISH than Receive Maximum
3.3.4-8   client  other packets are not delayed by the quota
3.3.4-9   server  no more unacknowledged PUBLISH than Receive Maximum
3.3.4-10  server  other packets are not delayed by the quota
3.4.2-1   both    PUBACK has one of its Reason Codes
3.4.2-2   both    no Reason String that makes PUBACK larger than Maximum Packet Size
3.4.2-3   both    no User Property that makes PUBACK larger than Maximum Packet Size
3.5.2-1   both    PUBREC has one of its Reason Codes
3.5.2-2   both    no Reason String that makes PUBREC larger than Maximum Packet Size
3.5.2-3   both    no User Property that makes PUBREC larger than Maximum Packet Size
3.6.1-1   server  flags of PUBREL other than 0010 are malformed and close
3.6.2-1   both    PUBREL has one of its Reason Codes
3.6.2-2   both    no Reason String that makes PUBREL larger than Maximum Packet Size
3.6.2-3   both    no User Property that makes PUBREL larger than Maximum Packet Size
3.7.2-1   both    PUBCOMP has one of its Reason Codes
3.7.2-2   both    no Reason String that makes PUBCOMP larger than Maximum Packet Size
3.7.2-3   both    no User Property that makes PUBCOMP larger than Maximum Packet Size
3.8.1-1   server  flags of SUBSCRIBE other than 0010 are malformed and close
3.8.3-1   both    Topic Filters are UTF-8 Encoded Strings
3.8.3-2   both    SUBSCRIBE has at least one Topic Filter
3.8.3-3   server  No Local 1: not forwarded to a connection with the publisher's ClientID
3.8.3-4   both    No Local on a Shared Subscription is a Protocol Error
3.8.3-5   server  reserved bits of the Subscription Options that are not 0 are malformed
3.8.4-1   server  SUBSCRIBE is answered by SUBACK
3.8.4-2   server  SUBACK has the Packet Identifier of the SUBSCRIBE
3.8.4-3   server  an identical Topic Filter replaces the subscription
3.8.4-4   server  then Retain Handling 0 sends the retained messages again, and no message is lost
3.8.4-5   server  several filters are handled as several SUBSCRIBEs, with one SUBACK
3.8.4-6   server  SUBACK has a Reason Code for each filter
3.8.4-7   server  which shows the QoS granted or a failure
3.8.4-8   server  delivered with the lower of the QoS published and the QoS granted
3.9.2-1   server  no Reason String that makes SUBACK larger than Maximum Packet Size
3.9.2-2   server  no User Property that makes SUBACK larger than Maximum Packet Size
3.9.3-1   server  the codes of SUBACK are in the order of the filters
3.9.3-2   server  SUBACK has Subscribe Reason Codes
3.10.1-1  server  flags of UNSUBSCRIBE other than 0010 are malformed and close
3.10.3-1  both    Topic Filters are UTF-8 Encoded Strings
3.10.3-2  both    UNSUBSCRIBE has at least one Topic Filter
3.10.4-1  server  filters are compared character by character; an equal one is deleted
3.10.4-2  server  no new messages for a deleted subscription
3.10.4-3  server  QoS 1 and 2 deliveries that have begun are completed
3.10.4-4  server  UNSUBSCRIBE is answered by UNSUBACK
3.10.4-5  server  with its Packet Identifier, even when nothing is deleted
3.10.4-6  server  several filters are handled as several UNSUBSCRIBEs, with one UNSUBACK
3.11.2-1  server  no Reason String that makes UNSUBACK larger than Maximum Packet Size
3.11.2-2  server  no User Property that makes UNSUBACK larger than Maximum Packet Size
3.11.3-1  server  the codes of UNSUBACK are in the order of the filters
3.11.3-2  server  UNSUBACK has Unsubscribe Reason Codes
3.12.4-1  server  PINGREQ is answered by PINGRESP
3.14.0-1  server  no DISCONNECT before a CONNACK below 0x80
3.14.1-1  both    reserved flags of DISCONNECT that are not 0: DISCONNECT 0x81
3.14.2-1  both    DISCONNECT has one of its Reason Codes
3.14.2-2  server  no Session Expiry Interval on a DISCONNECT of the server
3.14.2-3  both    no Reason String that makes DISCONNECT larger than Maximum Packet Size
3.14.2-4  both    no User Property that makes DISCONNECT larger than Maximum Packet Size
3.14.4-1  both    nothing is sent after DISCONNECT
3.14.4-2  both    the sender of DISCONNECT closes the connection
3.14.4-3  server  DISCONNECT 0x00 discards the will
3.15.1-1  both    flags of AUTH that are not 0 are malformed and close
3.15.2-1  both    AUTH has one of its Reason Codes
3.15.2-2  both    no Reason String that makes AUTH larger than Maximum Packet Size
3.15.2-3  both    no User Property that makes AUTH larger than Maximum Packet Size
4.1.0-1   both    session state is not discarded while the connection is open
4.1.0-2   server  session state is discarded when the connection is closed and Session Expiry Interval is over
4.2.0-1   both    a transport that is an ordered, lossless stream of bytes is supported
4.3.1-1   both    QoS 0 goes out with QoS 0 and DUP 0
4.3.2-1   both    QoS 1: an unused Packet Identifier for each new message
4.3.2-2   both    QoS 1: first sent with DUP 0
4.3.2-3   both    QoS 1: unacknowledged until PUBACK
4.3.2-4   both    QoS 1: the receiver answers by PUBACK once it owns the message
4.3.2-5   both    QoS 1: after PUBACK the same Packet Identifier is a new message
4.3.3-1   both    QoS 2: an unused Packet Identifier for each new message
4.3.3-2   both    QoS 2: first sent with DUP 0
4.3.3-3   both    QoS 2: unacknowledged until PUBREC
4.3.3-4   both    QoS 2: PUBREC below 0x80 is answered by PUBREL
4.3.3-5   both    QoS 2: PUBREL is unacknowledged until PUBCOMP
4.3.3-6   both    QoS 2: PUBLISH is not sent again after PUBREL
4.3.3-7   both    QoS 2: no message expiry once PUBLISH was sent
4.3.3-8   both    QoS 2: the receiver answers by PUBREC once it owns the message
4.3.3-9   both    QoS 2: after PUBREC of 0x80 or more the same Packet Identifier is a new message
4.3.3-10  both    QoS 2: until PUBREL, the same Packet Identifier is answered by PUBREC and not delivered again
4.3.3-11  both    QoS 2: PUBREL is answered by PUBCOMP
4.3.3-12  both    QoS 2: after PUBCOMP the same Packet Identifier is a new message
4.3.3-13  both    QoS 2: the sequence goes on after message expiry
4.4.0-1   both    unacknowledged PUBLISH and PUBREL are sent again on resume, and only then
4.4.0-2   both    PUBACK or PUBREC of 0x80 or more acknowledges: no retransmission
4.5.0-1   server  a message goes to the session state of every client that matches
4.5.0-2   client  every PUBLISH is acknowledged
4.6.0-1   both    PUBLISH packets are sent again in their order
4.6.0-2   client  PUBACK in the order of PUBLISH
4.6.0-3   client  PUBREC in the order of PUBLISH
4.6.0-4   client  PUBREL in the order of PUBREC
4.6.0-5   server  ordered topics: messages of a client go out in the order received, per topic and QoS
4.6.0-6   server  every topic is ordered for subscriptions that are not shared
4.7.0-1   both    wildcards stand in filters, never in Topic Names
4.7.1-1   both    # alone or after /, and last
4.7.1-2   both    + occupies a whole level
4.7.2-1   server  filters that begin with a wildcard do not match topics that begin with $
4.7.3-1   both    topics and filters have at least one character
4.7.3-2   both    topics and filters do not contain U+0000
4.7.3-3   both    topics and filters have at most 65535 bytes
4.7.3-4   server  matching normalizes nothing
4.8.2-1   both    a shared filter begins with $share/ and a ShareName of at least one character
4.8.2-2   both    the ShareName has no / + #, and a / and a filter follow
4.8.2-3   server  each shared subscriber has its own granted QoS
4.8.2-4   server  a shared QoS 2 delivery that was cut is completed when that client is back
4.8.2-5   server  when that client's session ends, it goes to no other
4.8.2-6   server  a PUBACK or PUBREC with an error to a shared delivery discards the message
4.9.0-1   both    the send quota begins at no more than Receive Maximum
4.9.0-2   both    no PUBLISH of QoS > 0 at a quota of 0
4.9.0-3   both    everything else is processed at a quota of 0
4.12.0-1  server  an unsupported Authentication Method may get 0x8C or 0x87, and closes
4.12.0-2  server  AUTH that asks for more carries 0x18
4.12.0-3  client  AUTH is answered by AUTH 0x18
4.12.0-4  server  authentication may be refused at any step, and closes
4.12.0-5  both    AUTH and a successful CONNACK carry the Authentication Method of CONNECT
4.12.0-6  server  without one: no AUTH, no Authentication Method in CONNACK
4.12.0-7  client  without one: no AUTH
4.12.1-1  client  re-authentication uses the same Authentication Method
4.12.1-2  both    a failed re-authentication closes
4.13.1-1  server  Malformed Packet and Protocol Error close the connection
4.13.2-1  both    CONNACK and DISCONNECT of 0x80 or more close the connection
6.0.0-1   both    WebSocket: binary frames; any other closes
6.0.0-2   both    WebSocket: packets need not be aligned with frames
6.0.0-3   client  WebSocket: offers the subprotocol mqtt
6.0.0-4   server  WebSocket: selects the subprotocol mqtt
`;

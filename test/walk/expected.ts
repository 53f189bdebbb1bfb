/** What the log says of the walk. Times, addresses and ports are those of some day; everything else is as it must be. */

/** The dialects of the log. */
export type Dialect = 'mosquitto-1.4' | 'mosquitto' | 'json';

/** The lines of the issue, as they stand there: what must be among those of 1.4. */
export const ISSUE = `
1403334375: New connection from 121.201.8.163 on port 1883.
1403334375: New client connected from 121.201.8.163 as zhoujing (c0, k60, u'joyo').
1403334375: Sending CONNACK to zhoujing (0)
1403334375: Received SUBSCRIBE from zhoujing
1403334375: 	jiji/chat/9 (QoS 2)
1403334375: zhoujing 2 jiji/chat/9
1403334375: Sending SUBACK to zhoujing
1403334389: Received PUBLISH from JY_API_PUSH_CLIENT (d0, q2, r0, m1, 'jiji/chat/9', ... (396 bytes))
1403334389: Sending PUBREC to JY_API_PUSH_CLIENT (Mid: 1)
1403334389: Received PUBREL from JY_API_PUSH_CLIENT (Mid: 1)
1403334389: Sending PUBCOMP to JY_API_PUSH_CLIENT (Mid: 1)
1403334378: Sending PUBLISH to zhoujing (d0, q2, r0, m1, 'jiji/chat/9', ... (396 bytes))
1403334378: Received PUBREC from zhoujing (Mid: 1)
1403334378: Sending PUBREL to zhoujing (Mid: 1)
1403334378: Received PUBCOMP from zhoujing (Mid: 1)
1403334380: Received DISCONNECT from JY_API_PUSH_CLIENT
1403334510: Client JY_API_PUSH_CLIENT already connected, closing old connection.
1403336716: Received PINGREQ from 36383A64663A6464003V0
1403336716: Sending PINGRESP to 36383A64663A6464003V0
1403336671: Client 33303A33393A3236003V0 has exceeded timeout, disconnecting.
1403337602: Socket error on client 351BBJKFX62C1, disconnecting.`;

/** The whole log in each dialect. */
export const EXPECTED: Readonly<Record<Dialect, string>> = {
  'mosquitto-1.4': `
1795375953: New connection from 127.0.0.1 on port 1883.
1795375953: New client connected from 127.0.0.1 as zhoujing (c0, k60, u'joyo').
1795375953: Sending CONNACK to zhoujing (0)
1795375953: Received SUBSCRIBE from zhoujing
1795375953: 	jiji/chat/9 (QoS 2)
1795375953: zhoujing 2 jiji/chat/9
1795375953: Sending SUBACK to zhoujing
1795375953: New connection from 127.0.0.1 on port 1883.
1795375953: New client connected from 127.0.0.1 as JY_API_PUSH_CLIENT (c1, k60).
1795375953: Sending CONNACK to JY_API_PUSH_CLIENT (0)
1795375953: Received PUBLISH from JY_API_PUSH_CLIENT (d0, q2, r0, m1, 'jiji/chat/9', ... (396 bytes))
1795375953: Sending PUBREC to JY_API_PUSH_CLIENT (Mid: 1)
1795375953: Received PUBREL from JY_API_PUSH_CLIENT (Mid: 1)
1795375953: Sending PUBLISH to zhoujing (d0, q2, r0, m1, 'jiji/chat/9', ... (396 bytes))
1795375953: Sending PUBCOMP to JY_API_PUSH_CLIENT (Mid: 1)
1795375953: Received DISCONNECT from JY_API_PUSH_CLIENT
1795375953: Client JY_API_PUSH_CLIENT disconnected.
1795375953: Received PUBREC from zhoujing (Mid: 1)
1795375953: Sending PUBREL to zhoujing (Mid: 1)
1795375953: Received PUBCOMP from zhoujing (Mid: 1)
1795375953: New connection from 127.0.0.1 on port 1883.
1795375953: New client connected from 127.0.0.1 as JY_API_PUSH_CLIENT (c1, k60).
1795375953: Sending CONNACK to JY_API_PUSH_CLIENT (0)
1795375953: New connection from 127.0.0.1 on port 1883.
1795375953: Client JY_API_PUSH_CLIENT already connected, closing old connection.
1795375953: New client connected from 127.0.0.1 as JY_API_PUSH_CLIENT (c1, k60).
1795375953: Sending CONNACK to JY_API_PUSH_CLIENT (0)
1795375953: Received DISCONNECT from JY_API_PUSH_CLIENT
1795375953: Client JY_API_PUSH_CLIENT disconnected.
1795375953: New connection from 127.0.0.1 on port 1883.
1795375953: New client connected from 127.0.0.1 as 36383A64663A6464003V0 (c1, k60).
1795375953: Sending CONNACK to 36383A64663A6464003V0 (0)
1795375953: Received PINGREQ from 36383A64663A6464003V0
1795375953: Sending PINGRESP to 36383A64663A6464003V0
1795375953: Received DISCONNECT from 36383A64663A6464003V0
1795375953: Client 36383A64663A6464003V0 disconnected.
1795375953: New connection from 127.0.0.1 on port 1883.
1795375953: New client connected from 127.0.0.1 as 33303A33393A3236003V0 (c1, k1).
1795375953: Sending CONNACK to 33303A33393A3236003V0 (0)
1795375956: Client 33303A33393A3236003V0 has exceeded timeout, disconnecting.
1795375956: New connection from 127.0.0.1 on port 1883.
1795375956: New client connected from 127.0.0.1 as 351BBJKFX62C1 (c1, k60).
1795375956: Sending CONNACK to 351BBJKFX62C1 (0)
1795375956: Received DISCONNECT from zhoujing
1795375956: Client zhoujing disconnected.
1795375956: Socket error on client 351BBJKFX62C1, disconnecting.`,
  mosquitto: `
1795375957: New connection from 127.0.0.1:56706 on port 1883.
1795375957: New client connected from 127.0.0.1:56706 as zhoujing (p4, c0, k60, u'joyo').
1795375957: No will message specified.
1795375957: Sending CONNACK to zhoujing (0, 0)
1795375957: Received SUBSCRIBE from zhoujing
1795375957: 	jiji/chat/9 (QoS 2)
1795375957: zhoujing 2 jiji/chat/9
1795375957: Sending SUBACK to zhoujing
1795375957: New connection from 127.0.0.1:56716 on port 1883.
1795375957: New client connected from 127.0.0.1:56716 as JY_API_PUSH_CLIENT (p4, c1, k60).
1795375957: No will message specified.
1795375957: Sending CONNACK to JY_API_PUSH_CLIENT (0, 0)
1795375957: Received PUBLISH from JY_API_PUSH_CLIENT (d0, q2, r0, m1, 'jiji/chat/9', ... (396 bytes))
1795375957: Sending PUBREC to JY_API_PUSH_CLIENT (m1, rc0)
1795375957: Received PUBREL from JY_API_PUSH_CLIENT (Mid: 1)
1795375957: Sending PUBLISH to zhoujing (d0, q2, r0, m1, 'jiji/chat/9', ... (396 bytes))
1795375957: Sending PUBCOMP to JY_API_PUSH_CLIENT (m1)
1795375957: Received DISCONNECT from JY_API_PUSH_CLIENT
1795375957: Client JY_API_PUSH_CLIENT [127.0.0.1:56716] disconnected.
1795375957: Received PUBREC from zhoujing (Mid: 1)
1795375957: Sending PUBREL to zhoujing (m1)
1795375957: Received PUBCOMP from zhoujing (Mid: 1, RC:0)
1795375957: New connection from 127.0.0.1:56724 on port 1883.
1795375957: New client connected from 127.0.0.1:56724 as JY_API_PUSH_CLIENT (p4, c1, k60).
1795375957: No will message specified.
1795375957: Sending CONNACK to JY_API_PUSH_CLIENT (0, 0)
1795375957: New connection from 127.0.0.1:56738 on port 1883.
1795375957: Client JY_API_PUSH_CLIENT [127.0.0.1:56724] disconnected: session taken over.
1795375957: New client connected from 127.0.0.1:56738 as JY_API_PUSH_CLIENT (p4, c1, k60).
1795375957: No will message specified.
1795375957: Sending CONNACK to JY_API_PUSH_CLIENT (0, 0)
1795375957: Received DISCONNECT from JY_API_PUSH_CLIENT
1795375957: Client JY_API_PUSH_CLIENT [127.0.0.1:56738] disconnected.
1795375957: New connection from 127.0.0.1:56754 on port 1883.
1795375957: New client connected from 127.0.0.1:56754 as 36383A64663A6464003V0 (p4, c1, k60).
1795375957: No will message specified.
1795375957: Sending CONNACK to 36383A64663A6464003V0 (0, 0)
1795375957: Received PINGREQ from 36383A64663A6464003V0
1795375957: Sending PINGRESP to 36383A64663A6464003V0
1795375957: Received DISCONNECT from 36383A64663A6464003V0
1795375957: Client 36383A64663A6464003V0 [127.0.0.1:56754] disconnected.
1795375957: New connection from 127.0.0.1:56766 on port 1883.
1795375957: New client connected from 127.0.0.1:56766 as 33303A33393A3236003V0 (p4, c1, k1).
1795375957: No will message specified.
1795375957: Sending CONNACK to 33303A33393A3236003V0 (0, 0)
1795375959: Client 33303A33393A3236003V0 [127.0.0.1:56766] disconnected: exceeded timeout.
1795375959: New connection from 127.0.0.1:56770 on port 1883.
1795375959: New client connected from 127.0.0.1:56770 as 351BBJKFX62C1 (p4, c1, k60).
1795375959: No will message specified.
1795375959: Sending CONNACK to 351BBJKFX62C1 (0, 0)
1795375959: Received DISCONNECT from zhoujing
1795375959: Client zhoujing [127.0.0.1:56706] disconnected.
1795375959: Client 351BBJKFX62C1 [127.0.0.1:56770] disconnected: connection closed by client.`,
  json: `
{"time":"2026-11-22T19:32:39.220Z","level":"notice","event":"connectionOpened","address":"127.0.0.1","port":47672,"listenerPort":1883}
{"time":"2026-11-22T19:32:39.221Z","level":"notice","event":"clientConnected","client":"zhoujing","address":"127.0.0.1","port":47672,"bridge":false,"version":4,"cleanStart":false,"keepAliveSeconds":60,"username":"joyo"}
{"time":"2026-11-22T19:32:39.221Z","level":"debug","event":"noWillSpecified","client":"zhoujing"}
{"time":"2026-11-22T19:32:39.221Z","level":"debug","event":"connackSent","client":"zhoujing","sessionPresent":false,"reasonCode":0}
{"time":"2026-11-22T19:32:39.223Z","level":"debug","event":"subscribeReceived","client":"zhoujing"}
{"time":"2026-11-22T19:32:39.223Z","level":"debug","event":"subscriptionRequested","client":"zhoujing","filter":"jiji/chat/9","qos":2,"denied":false}
{"time":"2026-11-22T19:32:39.223Z","level":"subscribe","event":"subscribed","client":"zhoujing","filter":"jiji/chat/9","qos":2}
{"time":"2026-11-22T19:32:39.223Z","level":"debug","event":"subackSent","client":"zhoujing"}
{"time":"2026-11-22T19:32:39.224Z","level":"notice","event":"connectionOpened","address":"127.0.0.1","port":47674,"listenerPort":1883}
{"time":"2026-11-22T19:32:39.224Z","level":"notice","event":"clientConnected","client":"JY_API_PUSH_CLIENT","address":"127.0.0.1","port":47674,"bridge":false,"version":4,"cleanStart":true,"keepAliveSeconds":60}
{"time":"2026-11-22T19:32:39.224Z","level":"debug","event":"noWillSpecified","client":"JY_API_PUSH_CLIENT"}
{"time":"2026-11-22T19:32:39.224Z","level":"debug","event":"connackSent","client":"JY_API_PUSH_CLIENT","sessionPresent":false,"reasonCode":0}
{"time":"2026-11-22T19:32:39.225Z","level":"debug","event":"publishReceived","client":"JY_API_PUSH_CLIENT","dup":false,"qos":2,"retain":false,"packetId":1,"topic":"jiji/chat/9","bytes":396}
{"time":"2026-11-22T19:32:39.225Z","level":"debug","event":"ackSent","client":"JY_API_PUSH_CLIENT","packet":"PUBREC","packetId":1,"reasonCode":0}
{"time":"2026-11-22T19:32:39.226Z","level":"debug","event":"ackReceived","client":"JY_API_PUSH_CLIENT","packet":"PUBREL","packetId":1,"reasonCode":0}
{"time":"2026-11-22T19:32:39.226Z","level":"debug","event":"publishSent","client":"zhoujing","dup":false,"qos":2,"retain":false,"packetId":1,"topic":"jiji/chat/9","bytes":396}
{"time":"2026-11-22T19:32:39.226Z","level":"debug","event":"ackSent","client":"JY_API_PUSH_CLIENT","packet":"PUBCOMP","packetId":1,"reasonCode":0}
{"time":"2026-11-22T19:32:39.226Z","level":"debug","event":"disconnectReceived","client":"JY_API_PUSH_CLIENT","reasonCode":0}
{"time":"2026-11-22T19:32:39.226Z","level":"notice","event":"clientDisconnected","client":"JY_API_PUSH_CLIENT","address":"127.0.0.1","port":47674,"cause":"normal"}
{"time":"2026-11-22T19:32:39.227Z","level":"debug","event":"ackReceived","client":"zhoujing","packet":"PUBREC","packetId":1,"reasonCode":0}
{"time":"2026-11-22T19:32:39.227Z","level":"debug","event":"ackSent","client":"zhoujing","packet":"PUBREL","packetId":1,"reasonCode":0}
{"time":"2026-11-22T19:32:39.228Z","level":"debug","event":"ackReceived","client":"zhoujing","packet":"PUBCOMP","packetId":1,"reasonCode":0}
{"time":"2026-11-22T19:32:39.228Z","level":"notice","event":"connectionOpened","address":"127.0.0.1","port":47688,"listenerPort":1883}
{"time":"2026-11-22T19:32:39.229Z","level":"notice","event":"clientConnected","client":"JY_API_PUSH_CLIENT","address":"127.0.0.1","port":47688,"bridge":false,"version":4,"cleanStart":true,"keepAliveSeconds":60}
{"time":"2026-11-22T19:32:39.229Z","level":"debug","event":"noWillSpecified","client":"JY_API_PUSH_CLIENT"}
{"time":"2026-11-22T19:32:39.229Z","level":"debug","event":"connackSent","client":"JY_API_PUSH_CLIENT","sessionPresent":false,"reasonCode":0}
{"time":"2026-11-22T19:32:39.229Z","level":"notice","event":"connectionOpened","address":"127.0.0.1","port":47694,"listenerPort":1883}
{"time":"2026-11-22T19:32:39.230Z","level":"notice","event":"clientDisconnected","client":"JY_API_PUSH_CLIENT","address":"127.0.0.1","port":47688,"cause":"session taken over"}
{"time":"2026-11-22T19:32:39.230Z","level":"notice","event":"clientConnected","client":"JY_API_PUSH_CLIENT","address":"127.0.0.1","port":47694,"bridge":false,"version":4,"cleanStart":true,"keepAliveSeconds":60}
{"time":"2026-11-22T19:32:39.230Z","level":"debug","event":"noWillSpecified","client":"JY_API_PUSH_CLIENT"}
{"time":"2026-11-22T19:32:39.230Z","level":"debug","event":"connackSent","client":"JY_API_PUSH_CLIENT","sessionPresent":false,"reasonCode":0}
{"time":"2026-11-22T19:32:39.230Z","level":"debug","event":"disconnectReceived","client":"JY_API_PUSH_CLIENT","reasonCode":0}
{"time":"2026-11-22T19:32:39.230Z","level":"notice","event":"clientDisconnected","client":"JY_API_PUSH_CLIENT","address":"127.0.0.1","port":47694,"cause":"normal"}
{"time":"2026-11-22T19:32:39.230Z","level":"notice","event":"connectionOpened","address":"127.0.0.1","port":47700,"listenerPort":1883}
{"time":"2026-11-22T19:32:39.230Z","level":"notice","event":"clientConnected","client":"36383A64663A6464003V0","address":"127.0.0.1","port":47700,"bridge":false,"version":4,"cleanStart":true,"keepAliveSeconds":60}
{"time":"2026-11-22T19:32:39.230Z","level":"debug","event":"noWillSpecified","client":"36383A64663A6464003V0"}
{"time":"2026-11-22T19:32:39.230Z","level":"debug","event":"connackSent","client":"36383A64663A6464003V0","sessionPresent":false,"reasonCode":0}
{"time":"2026-11-22T19:32:39.231Z","level":"debug","event":"pingreqReceived","client":"36383A64663A6464003V0"}
{"time":"2026-11-22T19:32:39.231Z","level":"debug","event":"pingrespSent","client":"36383A64663A6464003V0"}
{"time":"2026-11-22T19:32:39.231Z","level":"debug","event":"disconnectReceived","client":"36383A64663A6464003V0","reasonCode":0}
{"time":"2026-11-22T19:32:39.231Z","level":"notice","event":"clientDisconnected","client":"36383A64663A6464003V0","address":"127.0.0.1","port":47700,"cause":"normal"}
{"time":"2026-11-22T19:32:39.231Z","level":"notice","event":"connectionOpened","address":"127.0.0.1","port":47702,"listenerPort":1883}
{"time":"2026-11-22T19:32:39.232Z","level":"notice","event":"clientConnected","client":"33303A33393A3236003V0","address":"127.0.0.1","port":47702,"bridge":false,"version":4,"cleanStart":true,"keepAliveSeconds":1}
{"time":"2026-11-22T19:32:39.232Z","level":"debug","event":"noWillSpecified","client":"33303A33393A3236003V0"}
{"time":"2026-11-22T19:32:39.232Z","level":"debug","event":"connackSent","client":"33303A33393A3236003V0","sessionPresent":false,"reasonCode":0}
{"time":"2026-11-22T19:32:41.215Z","level":"notice","event":"clientDisconnected","client":"33303A33393A3236003V0","address":"127.0.0.1","port":47702,"cause":"exceeded timeout"}
{"time":"2026-11-22T19:32:41.217Z","level":"notice","event":"connectionOpened","address":"127.0.0.1","port":47704,"listenerPort":1883}
{"time":"2026-11-22T19:32:41.218Z","level":"notice","event":"clientConnected","client":"351BBJKFX62C1","address":"127.0.0.1","port":47704,"bridge":false,"version":4,"cleanStart":true,"keepAliveSeconds":60}
{"time":"2026-11-22T19:32:41.218Z","level":"debug","event":"noWillSpecified","client":"351BBJKFX62C1"}
{"time":"2026-11-22T19:32:41.218Z","level":"debug","event":"connackSent","client":"351BBJKFX62C1","sessionPresent":false,"reasonCode":0}
{"time":"2026-11-22T19:32:41.218Z","level":"debug","event":"disconnectReceived","client":"zhoujing","reasonCode":0}
{"time":"2026-11-22T19:32:41.218Z","level":"notice","event":"clientDisconnected","client":"zhoujing","address":"127.0.0.1","port":47672,"cause":"normal"}
{"time":"2026-11-22T19:32:41.219Z","level":"notice","event":"clientDisconnected","client":"351BBJKFX62C1","address":"127.0.0.1","port":47704,"cause":"connection closed by client"}`,
};

package io.zeoraid.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The {@code <zeo>} section: how the server serves its clients. From {@code controlAddress} on the
 * keys are ours, the others ZEO's ({@code ZEO/server.xml}).
 *
 * @param address where the ZEO clients connect. A host left out means all interfaces
 * @param readOnly no client may write; default false
 * @param invalidationQueueSize transactions remembered for clients that reconnect; default 100
 * @param invalidationAge a client that was away for at most this long is given what it missed by
 *     iterating a backend; default: only the queue
 * @param transactionTimeout a client that holds the commit longer than this is disconnected;
 *     default: never
 * @param msgpack announce {@code M5} instead of {@code Z5}; default: whether {@code ZEO_MSGPACK} is
 *     set and not empty in the environment (as in {@code ZEO/runzeo.py}, the key wins over it)
 * @param clientConflictResolution send conflicts to the client to resolve; default false
 * @param pidFilename file for the process id; default none
 * @param ssl TLS for the clients; default none
 * @param controlAddress where the control service listens; default left to the server: 127.0.0.1
 *     and the port of {@code address} + 10000. If that is beyond 65535, or {@code address} is a
 *     Unix socket, the server wants it written down
 * @param controlSsl TLS for the control service; default none
 * @param httpAddress where health and metrics are served; default left to the server likewise:
 *     127.0.0.1 and the port of {@code address} + 20000
 * @param peerAddress where the other ZEORaid servers reach this one; default left to the server:
 *     {@code address} if it names a host or is a Unix socket, else an address of this machine
 * @param maxMessageSize bytes of the largest message accepted from a client; default 256 MiB
 * @param clientWriteBuffer bytes: a client that leaves more than this unread is disconnected;
 *     default 64 MiB
 * @param drainTimeout how long a stopping server lets commits finish; default 10 s
 * @param maxConnections clients at a time; default 10000
 * @param bounds how much of the server clients may take up
 */
public record ZeoSection(
    Address address,
    boolean readOnly,
    int invalidationQueueSize,
    Optional<Duration> invalidationAge,
    Optional<Duration> transactionTimeout,
    boolean msgpack,
    boolean clientConflictResolution,
    Optional<Path> pidFilename,
    Optional<SslConfig> ssl,
    Optional<Address> controlAddress,
    Optional<SslConfig> controlSsl,
    Optional<Address> httpAddress,
    Optional<Address> peerAddress,
    int maxMessageSize,
    long clientWriteBuffer,
    Duration drainTimeout,
    int maxConnections,
    ClientBounds bounds) {}

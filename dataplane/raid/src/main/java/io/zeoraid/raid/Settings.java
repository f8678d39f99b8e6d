package io.zeoraid.raid;

import java.util.SortedSet;

/**
 * What the configuration says about a RAID. Times in milliseconds.
 *
 * @param storage the storage's name
 * @param server the id of this process, unique per start
 * @param address where the other ZEORaid servers reach this one
 * @param backends the configured backends
 * @param connectMillis how long a connection to a backend may take
 * @param retryMillis how long the second attempt may take once a backend has hung for the whole
 *     time-out
 * @param checkMillis how often the in-sync backends are checked without a commit
 * @param heartbeatMillis how often the primary shows that it is alive; twice that without a beat,
 *     and a server that can't reach it takes over
 * @param voteMillis how long a vote may wait for a lock that nobody should hold
 * @param lockWaitMillis the same, once the other backends have voted; longer than a backend that
 *     hangs takes to be noticed
 * @param lockMillis how long the backends' locks may be held for one transaction; half of their
 *     shortest transaction-timeout; until a reload says otherwise
 * @param stallMillis how long a commit may wait for a backend to come back
 * @param invalidationQueue how many transactions the queue for getInvalidations holds
 * @param recoversByItself whether failed and incomplete backends are recovered unasked
 * @param recoveryBytesPerSecond how much a recovery copies, or a comparison reads of each backend,
 *     per second; 0: no limit
 * @param invalidationAgeMillis a client that was away for longer than the queue reaches, but not
 *     for longer than this, gets what it missed by iterating a backend; 0: it verifies its cache
 */
public record Settings(
    String storage,
    String server,
    String address,
    SortedSet<BackendName> backends,
    long connectMillis,
    long retryMillis,
    long checkMillis,
    long heartbeatMillis,
    long voteMillis,
    long lockWaitMillis,
    long lockMillis,
    long stallMillis,
    int invalidationQueue,
    boolean recoversByItself,
    long recoveryBytesPerSecond,
    long invalidationAgeMillis) {}

package io.zeoraid.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * A {@code <raidstorage NAME>}: one storage served to clients, mirrored over its backends.
 *
 * @param name what clients call the storage, in lower case (ZConfig lowers section names); default
 *     {@code 1}
 * @param backends 1 to 16, in the order of the file
 * @param readOnly no client may write to this storage; default false
 * @param blobDir the blob-dir of a backend, if {@code sharedBlobDir}; else without effect
 * @param sharedBlobDir clients hand blobs over in {@code blobDir}, by file name; default false
 * @param membership where the record of who is in sync is kept; default left to the server: a file
 *     beside the configuration
 * @param heartbeatInterval how often the primary shows that it is alive; default 0.5 s
 * @param timeout a backend that leaves pings unanswered for this long is hung; default 10 s
 * @param pingInterval default 2 s, always shorter than {@code timeout}
 * @param checkInterval how often backends that are out are looked at; default 3 s
 * @param autoRecover bring back a backend without being told to; default true
 * @param recoveryBandwidth bytes per second that a recovery copies, or a comparison reads of each
 *     backend; 0: no limit, the default
 * @param transactionMemory bytes of a client's stores kept in memory before they go to a temporary
 *     file; default 16 MiB
 * @param maxTransactionSize bytes of the largest transaction accepted; default 4 GiB
 * @param cacheSize bytes of object records kept in memory to answer loads without asking a backend;
 *     0: none; default 64 MiB
 * @param tempDir directory for temporary files; absolute, or joined to the directory of the file
 *     that names it; default the system's
 */
public record RaidStorageConfig(
    String name,
    List<BackendConfig> backends,
    boolean readOnly,
    Optional<Path> blobDir,
    boolean sharedBlobDir,
    Optional<MembershipPlace> membership,
    Duration heartbeatInterval,
    Duration timeout,
    Duration pingInterval,
    Duration checkInterval,
    boolean autoRecover,
    long recoveryBandwidth,
    long transactionMemory,
    long maxTransactionSize,
    long cacheSize,
    Optional<Path> tempDir) {

  /** Takes a copy of the list. */
  public RaidStorageConfig {
    backends = List.copyOf(backends);
  }
}

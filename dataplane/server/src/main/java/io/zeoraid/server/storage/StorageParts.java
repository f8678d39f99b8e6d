package io.zeoraid.server.storage;

import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.RecordCache;
import io.zeoraid.raid.Settings;
import io.zeoraid.server.backend.BackendTarget;
import io.zeoraid.server.client.ClientLimits;
import io.zeoraid.server.control.StorageMeters;
import io.zeoraid.server.membership.MembershipStore;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.net.tls.Tls;
import io.zeoraid.server.transaction.SharedDirectory;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * What a storage is made of.
 *
 * @param peers how connections to the other servers are secured; empty: they are in the clear
 * @param cache for this storage alone
 * @param sharedDirectory where clients hand over blobs by file name; empty: nowhere
 */
public record StorageParts(
    Loop loop,
    Settings settings,
    Map<BackendName, BackendTarget> targets,
    Optional<Tls> peers,
    MembershipStore store,
    RecordCache cache,
    ClientLimits limits,
    Optional<SharedDirectory> sharedDirectory,
    StorageMeters meters,
    Supplier<CompletionStage<String>> reload) {}

package io.zeoraid.server.cli;

import io.zeoraid.raid.status.BackendStatus;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.raid.status.RecoveryProgress;

/**
 * A status for programs. The keys are a promise: {@code docs/cli.md} documents them; add, never
 * change.
 */
final class StatusJson {
  private StatusJson() {}

  /** The answer to {@code status}. */
  static JsonObject brief(RaidStatus raid) {
    return new JsonObject()
        .put("storage", raid.storage())
        .put("status", raid.state().word())
        .put("detail", raid.detail())
        .put("serving", raid.serving());
  }

  /** The answer to {@code details} and {@code watch}. */
  static JsonObject full(RaidStatus raid) {
    return brief(raid)
        .put("epoch", raid.epoch())
        .put("primary", raid.primary())
        .put("server", raid.server())
        .put("lastTid", raid.lastTid().toString())
        .put("backends", raid.backends().stream().map(StatusJson::of).toList());
  }

  private static JsonObject of(BackendStatus backend) {
    var json =
        new JsonObject()
            .put("name", backend.name().value())
            .put("state", backend.state())
            .put("text", backend.text())
            .put("connected", backend.connected())
            .put("lastTid", backend.lastTid().toString());
    RecoveryProgress recovery = backend.recovery();
    return recovery == null ? json.putNull("recovery") : json.put("recovery", of(recovery));
  }

  private static JsonObject of(RecoveryProgress recovery) {
    var json =
        new JsonObject()
            .put("transactionsDone", recovery.transactionsDone())
            .put("bytesDone", recovery.bytesDone());
    putEstimate(json, "transactionsToDo", recovery.transactionsToDo());
    putEstimate(json, "bytesToDo", recovery.bytesToDo());
    return json.put("bytesPerSecond", recovery.bytesPerSecond())
        .put("atTid", recovery.at().toString())
        .put("goalTid", recovery.goal().toString());
  }

  private static void putEstimate(JsonObject json, String key, long estimate) {
    if (estimate < 0) {
      json.putNull(key);
    } else {
      json.put(key, estimate);
    }
  }
}

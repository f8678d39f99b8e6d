package io.zeoraid.simulation;

import io.zeoraid.protocol.CurrentRecord;
import io.zeoraid.protocol.DataRecord;
import io.zeoraid.protocol.Errors;
import io.zeoraid.protocol.Loaded;
import io.zeoraid.protocol.Request;
import io.zeoraid.protocol.TransactionHeader;
import io.zeoraid.raid.ClientReply;
import io.zeoraid.raid.Effect;
import io.zeoraid.raid.Event;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Events and effects in words that are the same in every run. */
final class Words {
  private Words() {}

  static String of(Event event) {
    return switch (event) {
      case Event.BackendReplied replied ->
          "reply to "
              + replied.call()
              + " on "
              + replied.connection()
              + ": "
              + plain(replied.value());
      case Event.BackendFailed failed ->
          "error to "
              + failed.call()
              + " on "
              + failed.connection()
              + ": "
              + Errors.describe(failed.error());
      default -> event.toString();
    };
  }

  static String of(Effect effect) {
    return switch (effect) {
      case Effect.CallBackend call ->
          "call "
              + call.call()
              + " on "
              + call.connection()
              + ": "
              + (call.request() instanceof Request.Restore restore
                  ? "restore " + restore.oid() + " " + restore.serial()
                  : call.request());
      case Effect.DigestBlob digest ->
          "digest blob " + digest.call() + " on " + digest.connection() + ": " + digest.blob();
      case Effect.CopyBlob copy ->
          "copy blob "
              + copy.call()
              + " on "
              + copy.connection()
              + ": "
              + copy.blob()
              + " to "
              + copy.to()
              + ", whose revision was "
              + copy.end().serial();
      case Effect.AnswerClient answer ->
          "answer " + answer.request() + " of " + answer.session() + ": " + of(answer.reply());
      default -> effect.toString();
    };
  }

  private static String of(ClientReply reply) {
    return switch (reply) {
      case ClientReply.Revision(Loaded loaded) when loaded != null ->
          "revision " + loaded.serial() + ", next " + loaded.next();
      case ClientReply.Value(Object value) -> "value " + plain(value);
      case ClientReply.Failed failed -> "failed: " + Errors.describe(failed.error());
      default -> reply.toString();
    };
  }

  private static String plain(@Nullable Object value) {
    return switch (value) {
      case null -> "None";
      case byte[] bytes -> HexFormat.of().formatHex(bytes);
      case Map<?, ?> map ->
          plain(map.entrySet().stream().map(e -> List.of(e.getKey(), e.getValue())).toList());
      case TransactionHeader header -> "transaction " + header.tid();
      case DataRecord record -> "record " + record.oid() + " of " + record.tid();
      case CurrentRecord record ->
          "record " + record.oid() + " of " + record.tid() + ", next " + record.next();
      case List<?> list -> list.stream().map(Words::plain).toList().toString();
      default -> value.toString();
    };
  }
}

package io.zeoraid.raid;

import io.zeoraid.protocol.Request;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Events and effects in words that are the same in every run. */
final class Words {
  private Words() {}

  static String of(Event event) {
    return event instanceof Event.BackendReplied replied
        ? "reply to "
            + replied.call()
            + " on "
            + replied.connection()
            + ": "
            + plain(replied.value())
        : event.toString();
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
      case Effect.AnswerClient answer ->
          answer.reply() instanceof ClientReply.Revision(var loaded) && loaded != null
              ? "answer "
                  + answer.request()
                  + ": revision "
                  + loaded.serial()
                  + ", next "
                  + loaded.next()
              : effect.toString();
      default -> effect.toString();
    };
  }

  private static String plain(@Nullable Object value) {
    return switch (value) {
      case null -> "None";
      case byte[] bytes -> HexFormat.of().formatHex(bytes);
      case List<?> list -> list.stream().map(Words::plain).toList().toString();
      default -> value.toString();
    };
  }
}

package io.zeoraid.protocol;

import io.zeoraid.protocol.ServerMessage.Info;
import io.zeoraid.protocol.ServerMessage.InvalidateTransaction;
import io.zeoraid.protocol.ServerMessage.RaidView;
import io.zeoraid.protocol.ServerMessage.ReceiveBlobChunk;
import io.zeoraid.protocol.ServerMessage.ReceiveBlobStart;
import io.zeoraid.protocol.ServerMessage.ReceiveBlobStop;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The calls that a server makes to a client, all async. Source: {@code Protocol.client_methods} in
 * {@code ZEO/asyncio/client.py}; and {@code raid_view}, which a ZEORaid server sends to another
 * one.
 */
final class ServerMessages {
  private ServerMessages() {}

  /**
   * The message that these arguments make.
   *
   * @throws ProtocolException if they do not fit the method, or a client has no such method
   */
  static ServerMessage of(String method, @Nullable Object values) {
    return switch (method) {
      case "invalidateTransaction" -> {
        var args = new Arguments(method, values, 2, 2);
        yield new InvalidateTransaction(args.tid(0), args.oids(1));
      }
      case "info" -> {
        var args = new Arguments(method, values, 1, 1);
        if (!(args.any(0) instanceof Map<?, ?> map)) {
          throw new ProtocolException("info takes a dict, not " + Words.kind(args.any(0)));
        }
        yield new Info(new LinkedHashMap<>(map));
      }
      case "receiveBlobStart" -> {
        var args = new Arguments(method, values, 2, 2);
        yield new ReceiveBlobStart(args.oid(0), args.tid(1));
      }
      case "receiveBlobChunk" -> {
        var args = new Arguments(method, values, 3, 3);
        yield new ReceiveBlobChunk(args.oid(0), args.tid(1), args.bytes(2));
      }
      case "receiveBlobStop" -> {
        var args = new Arguments(method, values, 2, 2);
        yield new ReceiveBlobStop(args.oid(0), args.tid(1));
      }
      case "raid_view" -> {
        var args = new Arguments(method, values, 3, 3);
        yield new RaidView(args.number(0), args.texts(1), args.text(2));
      }
      default ->
          throw new ProtocolException(
              ("the server called "
                      + Words.describe(method)
                      + ", which a ZEO 5 client does not have; ")
                  + "it has invalidateTransaction, info and receiveBlobStart, Chunk and Stop");
    };
  }

  /** The message's method. */
  static String method(ServerMessage message) {
    return switch (message) {
      case InvalidateTransaction m -> "invalidateTransaction";
      case Info m -> "info";
      case ReceiveBlobStart m -> "receiveBlobStart";
      case ReceiveBlobChunk m -> "receiveBlobChunk";
      case ReceiveBlobStop m -> "receiveBlobStop";
      case RaidView m -> "raid_view";
      case ServerMessage.Reply m -> throw reply();
      case ServerMessage.Failure m -> throw reply();
    };
  }

  /** The message's arguments; an array stands for a tuple. */
  static Object[] arguments(ServerMessage message) {
    return switch (message) {
      case InvalidateTransaction m -> new Object[] {m.tid(), new PyList(m.oids())};
      case Info m -> new Object[] {m.info()};
      case ReceiveBlobStart m -> new Object[] {m.oid(), m.serial()};
      case ReceiveBlobChunk m -> new Object[] {m.oid(), m.serial(), m.chunk()};
      case ReceiveBlobStop m -> new Object[] {m.oid(), m.serial()};
      case RaidView m -> new Object[] {m.epoch(), new PyList(m.inSync()), m.trouble()};
      case ServerMessage.Reply m -> throw reply();
      case ServerMessage.Failure m -> throw reply();
    };
  }

  private static IllegalArgumentException reply() {
    return new IllegalArgumentException("a reply is no call: see encodeReply and encodeFailure");
  }
}

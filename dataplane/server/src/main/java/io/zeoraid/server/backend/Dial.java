package io.zeoraid.server.backend;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.zeoraid.config.Address;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.net.Sockets;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/** Tries the addresses of a backend in turn until one accepts. Confined to the event loop. */
final class Dial {
  private final Loop loop;
  private final Deque<Address> addresses;
  private final Function<Address, ChannelHandler> handler;
  private final Consumer<Channel> accepted;
  private final Runnable failed;
  private String trouble = "";
  private boolean over;

  /**
   * @param handler sets up a connection to an address
   * @param accepted takes the first connection that stands; no address is tried after it
   * @param failed run when no address accepts; {@link #trouble} says why the last one did not
   */
  Dial(
      Loop loop,
      List<Address> addresses,
      Function<Address, ChannelHandler> handler,
      Consumer<Channel> accepted,
      Runnable failed) {
    this.loop = loop;
    this.addresses = new ArrayDeque<>(addresses);
    this.handler = handler;
    this.accepted = accepted;
    this.failed = failed;
  }

  /**
   * Tries the next address.
   *
   * @param millis the time for each
   */
  void next(long millis) {
    Address address = addresses.poll();
    if (address == null) {
      failed.run();
      return;
    }
    ChannelFuture future = Sockets.connect(loop, address, millis, handler.apply(address));
    future.addListener(connected -> {
      if (over) {
        future.channel().close();
      } else if (connected.isSuccess()) {
        trouble = address + " accepted the connection and said nothing";
        accepted.accept(future.channel());
      } else {
        trouble = address + ": " + words(plain(connected.cause()));
        next(millis);
      }
    });
  }

  /** What went wrong last, or is going wrong now; for people. */
  String trouble() {
    return trouble;
  }

  /** The connection is not wanted any more. */
  void stop() {
    over = true;
  }

  /** Netty wraps what the JDK says, to name the address once more. */
  private static Throwable plain(Throwable cause) {
    return cause.getCause() instanceof IOException original ? original : cause;
  }

  static String words(Throwable cause) {
    String message = cause.getMessage();
    return message == null ? cause.getClass().getSimpleName() : message;
  }
}

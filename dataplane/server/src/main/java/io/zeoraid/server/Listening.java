package io.zeoraid.server;

import io.netty.channel.ChannelFuture;
import io.zeoraid.config.Address;
import io.zeoraid.server.client.Acceptor;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.net.Sockets;
import java.util.function.BooleanSupplier;
import org.jboss.logging.Logger;

/**
 * Listens for clients, from when a storage can serve until the server stops. Confined to the event
 * loop, but for {@link #begin} and {@link #trouble}.
 */
final class Listening {
  private static final Logger LOG = Logger.getLogger(Listening.class);
  private static final long LOOK_AGAIN_MILLIS = 5;
  private static final long TRY_AGAIN_MILLIS = 1000;

  private final Loop loop;
  private final Address address;
  private final Acceptor acceptor;
  private final BooleanSupplier serves;
  private boolean ended;
  private volatile String trouble = "no storage serves yet";

  /**
   * @param serves whether some storage can serve
   */
  Listening(Loop loop, Address address, Acceptor acceptor, BooleanSupplier serves) {
    this.loop = loop;
    this.address = address;
    this.acceptor = acceptor;
    this.serves = serves;
  }

  /**
   * Clients retry a refused connection in a second, a failed register only in ten: listens when a
   * storage can serve, and tries again and again if the address is taken. Any thread.
   */
  void begin() {
    loop.execute(this::listenWhenReady);
  }

  private void listenWhenReady() {
    if (serves.getAsBoolean()) {
      listen();
    } else if (!ended) {
      loop.schedule(this::listenWhenReady, LOOK_AGAIN_MILLIS);
    }
  }

  private void listen() {
    if (ended) {
      return;
    }
    ChannelFuture bound = Sockets.listen(loop, address, acceptor.perConnection());
    bound.addListener(done -> {
      if (!done.isSuccess()) {
        trouble = "can't listen on " + address + ": " + done.cause().getMessage();
        LOG.errorf("%s; trying again", trouble);
        loop.schedule(this::listen, TRY_AGAIN_MILLIS);
      } else if (ended) {
        bound.channel().close();
      } else {
        acceptor.listensOn(bound.channel());
        trouble = "";
        LOG.infof("ZEO clients are served at %s", address);
      }
    });
  }

  /**
   * Listens no more, and sends those away that are there.
   *
   * @param millis whoever is still there then goes too
   */
  void end(long millis, Runnable done) {
    ended = true;
    trouble = "this server stops";
    acceptor.drain(millis, done);
  }

  /** Why nobody can connect; empty if clients can. Any thread. */
  String trouble() {
    return trouble;
  }
}

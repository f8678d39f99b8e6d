package io.zeoraid.server;

import io.netty.channel.ChannelFuture;
import io.zeoraid.config.Address;
import io.zeoraid.server.client.Acceptor;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.net.Sockets;
import org.jboss.logging.Logger;

/**
 * Listens for clients, from when a storage can serve until the server stops. Confined to the event
 * loop, but for {@link #trouble}.
 */
final class Listening {
  private static final Logger LOG = Logger.getLogger(Listening.class);
  private static final long TRY_AGAIN_MILLIS = 1000;

  private final Loop loop;
  private final Address address;
  private final Acceptor acceptor;
  private boolean begun;
  private boolean ended;
  private volatile String trouble = "no storage serves yet";

  Listening(Loop loop, Address address, Acceptor acceptor) {
    this.loop = loop;
    this.address = address;
    this.acceptor = acceptor;
  }

  /**
   * A storage can serve. Clients retry a refused connection in a second, a failed register only in
   * ten: so this server listens from the first time on, and tries again and again if the address is
   * taken.
   */
  void serves() {
    if (!begun) {
      begun = true;
      listen();
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

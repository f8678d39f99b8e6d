package io.zeoraid.server.client;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.flow.FlowControlHandler;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.net.tls.Tls;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Lets clients in, and sends them away when the server stops. Confined to the event loop. */
public final class Acceptor {
  private static final long LOOK_AGAIN_MILLIS = 20;

  private final Loop loop;
  private final Storages storages;
  private final ClientLimits limits;
  private final Guests guests;
  private final Optional<Tls> tls;
  private @Nullable Channel listening;

  /**
   * @param tls how connections are secured; empty: they are in the clear
   */
  public Acceptor(Loop loop, Storages storages, ClientLimits limits, Optional<Tls> tls) {
    this.loop = loop;
    this.storages = storages;
    this.limits = limits;
    this.guests = new Guests(loop, limits);
    this.tls = tls;
  }

  /** Sets up each connection that comes in. */
  public ChannelHandler perConnection() {
    return new ChannelInitializer<Channel>() {
      @Override
      protected void initChannel(Channel channel) {
        admit(channel);
      }
    };
  }

  private void admit(Channel channel) {
    ClientConnection connection = new ClientConnection(loop, storages, limits, guests);
    guests.came(connection);
    tls.ifPresent(secured -> secured.secure(channel, ""));
    // The decoder hands on all messages of a read at once; what comes after the client was told to
    // wait has to wait, too.
    channel.pipeline().addLast(connection.frames(), new FlowControlHandler(), connection);
  }

  /** The socket that was opened for it. */
  public void listensOn(Channel channel) {
    listening = channel;
  }

  /**
   * No new clients; those there are go as soon as they have no transaction between vote and finish.
   * Their connections are reset, so that they look for another server at once. That must find
   * nobody here: a client whose new connection is accepted and then reset may give this address up
   * for ever ({@code register} in {@code ZEO/asyncio/client.py}). And the system goes on accepting
   * until the event loop has looked for input once more ({@code java.nio.channels.Selector}).
   *
   * @param millis whoever is still there then goes too
   */
  public void drain(long millis, Runnable done) {
    Channel socket = listening;
    if (socket != null) {
      socket.close();
      listening = null;
      if (millis > 0) {
        loop.schedule(() -> drain(millis - LOOK_AGAIN_MILLIS, done), LOOK_AGAIN_MILLIS);
        return;
      }
    }
    for (ClientConnection connection : guests.all()) {
      if (connection.isIdle() || millis <= 0) {
        connection.sendAway("this server stops");
      }
    }
    if (guests.all().isEmpty() || millis <= 0) {
      done.run();
    } else {
      loop.schedule(() -> drain(millis - LOOK_AGAIN_MILLIS, done), LOOK_AGAIN_MILLIS);
    }
  }
}

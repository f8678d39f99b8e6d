package io.zeoraid.server.client;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.flow.FlowControlHandler;
import io.zeoraid.server.net.Frames;
import io.zeoraid.server.net.Loop;
import io.zeoraid.server.net.Sockets;
import io.zeoraid.server.net.tls.Tls;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Lets clients in, and sends them away when the server stops. Confined to the event loop. */
public final class Acceptor {
  private static final Logger LOG = Logger.getLogger(Acceptor.class);
  private static final long LOOK_AGAIN_MILLIS = 20;

  private final Loop loop;
  private final Storages storages;
  private final ClientLimits limits;
  private final Optional<Tls> tls;
  private final Set<ClientConnection> connections = new LinkedHashSet<>();
  private @Nullable Channel listening;

  /**
   * @param tls how connections are secured; empty: they are in the clear
   */
  public Acceptor(Loop loop, Storages storages, ClientLimits limits, Optional<Tls> tls) {
    this.loop = loop;
    this.storages = storages;
    this.limits = limits;
    this.tls = tls;
  }

  /** Sets up each connection that comes in. */
  public ChannelHandler perConnection() {
    return new ChannelInitializer<Channel>() {
      @Override
      protected void initChannel(Channel channel) {
        if (connections.size() >= limits.maxConnections()) {
          LOG.warnf(
              "client %s turned away: there are %d connections already (max-connections)",
              Sockets.peer(channel), connections.size());
          channel.close();
          return;
        }
        admit(channel);
      }
    };
  }

  private void admit(Channel channel) {
    ClientConnection[] mine = new ClientConnection[1];
    ClientConnection connection =
        new ClientConnection(loop, storages, limits, () -> connections.remove(mine[0]));
    mine[0] = connection;
    connections.add(connection);
    tls.ifPresent(secured -> secured.secure(channel, ""));
    // The decoder hands on all messages of a read at once; what comes after the client was told to
    // wait has to wait, too.
    channel
        .pipeline()
        .addLast(Frames.decoder(limits.maxFrameBytes()), new FlowControlHandler(), connection);
  }

  /** The socket that was opened for it. */
  public void listensOn(Channel channel) {
    listening = channel;
  }

  /**
   * No new clients; those there are go as soon as they have no transaction between vote and finish.
   * Their connections are reset, so that they look for another server at once.
   *
   * @param millis whoever is still there then goes too
   */
  public void drain(long millis, Runnable done) {
    Channel socket = listening;
    if (socket != null) {
      socket.close();
      listening = null;
    }
    for (ClientConnection connection : List.copyOf(connections)) {
      if (connection.isIdle() || millis <= 0) {
        connection.sendAway("this server stops");
      }
    }
    if (connections.isEmpty() || millis <= 0) {
      done.run();
    } else {
      loop.schedule(() -> drain(millis - LOOK_AGAIN_MILLIS, done), LOOK_AGAIN_MILLIS);
    }
  }
}

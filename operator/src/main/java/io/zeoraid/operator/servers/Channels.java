package io.zeoraid.operator.servers;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;

/** How connections to servers are made: the place for TLS. */
@FunctionalInterface
public interface Channels {
  /** Opens a channel, which connects when it is first used. */
  ManagedChannel open(Address server);

  /** Without TLS. */
  static Channels plaintext() {
    return server ->
        NettyChannelBuilder.forAddress(server.host(), server.port()).usePlaintext().build();
  }
}

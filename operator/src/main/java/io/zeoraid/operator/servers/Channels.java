package io.zeoraid.operator.servers;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import java.io.IOException;
import java.util.Optional;

/**
 * Opens connections to servers, with TLS to those that have a name. One that stands goes on with
 * the certificate that it began with. Threads: any.
 */
public final class Channels {
  private final OwnCertificate certificate;

  /**
   * Reads nothing yet.
   *
   * @param certificate what is shown to servers with TLS
   */
  public Channels(OwnCertificate certificate) {
    this.certificate = certificate;
  }

  /**
   * Opens a channel, which connects when it is first used.
   *
   * @throws IOException if the server speaks TLS and the operator has no certificate; for people
   */
  ManagedChannel open(Address server) throws IOException {
    NettyChannelBuilder builder = NettyChannelBuilder.forAddress(server.host(), server.port());
    Optional<String> name = server.serverName();
    if (name.isEmpty()) {
      return builder.usePlaintext().build();
    }
    return builder.sslContext(certificate.context()).overrideAuthority(name.get()).build();
  }

  /** Why no server can be asked by TLS, and what would help; empty: each can. */
  Optional<String> tlsTrouble() {
    try {
      certificate.context();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }
}

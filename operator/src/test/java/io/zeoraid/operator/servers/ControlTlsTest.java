package io.zeoraid.operator.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.zeoraid.control.v1.RaidGrpc;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.control.v1.RecoverRequest;
import io.zeoraid.control.v1.RecoverResponse;
import io.zeoraid.control.v1.StatusRequest;
import io.zeoraid.control.v1.StatusResponse;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Servers with TLS are asked at an IP address, and known by a name. */
final class ControlTlsTest {
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final String NAME = "db.plone.svc";

  private final Path folder;
  private final Path own;
  private final List<Server> running = new ArrayList<>();
  private final RaidServers servers;

  ControlTlsTest(@TempDir Path folder) {
    this.folder = folder;
    own = folder.resolve("own");
    servers = new GrpcRaidServers(new Channels(new OwnCertificate(Optional.of(own))), DEADLINE);
  }

  @BeforeEach
  void none() throws IOException {
    Files.createDirectory(own);
  }

  @AfterEach
  void stop() {
    servers.close();
    running.forEach(Server::shutdownNow);
  }

  private static final class Fake extends RaidGrpc.RaidImplBase {
    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> answer) {
      answer.onNext(
          StatusResponse.newBuilder().setStatus(RaidStatus.newBuilder().setServer("it")).build());
      answer.onCompleted();
    }

    @Override
    public void recover(RecoverRequest request, StreamObserver<RecoverResponse> answer) {
      answer.onNext(RecoverResponse.newBuilder().setMessage("begun").build());
      answer.onCompleted();
    }
  }

  @Test
  void bothSidesShowTheirCertificates() throws IOException, InterruptedException {
    Authority authority = new Authority(folder.resolve("authority"));
    authority.issue(own, "operator");
    Address server = start(authority, NAME);
    assertEquals(Optional.empty(), servers.tlsTrouble());
    assertEquals(1, servers.status(List.of(server)).size());
    assertEquals(new Outcome.Granted("begun"), servers.recover(server, "b"));
    Address plain = new Address(server.host(), server.port(), Optional.empty());
    assertEquals(0, servers.status(List.of(plain)).size(), "without TLS");
  }

  @Test
  void serverOfAnotherNameIsNotBelieved() throws IOException, InterruptedException {
    Authority authority = new Authority(folder.resolve("authority"));
    authority.issue(own, "operator");
    Address server = start(authority, "other.plone.svc");
    assertEquals(0, servers.status(List.of(server)).size());
    assertInstanceOf(Outcome.Unknown.class, servers.recover(server, "b"));
  }

  @Test
  void serverOfAnotherAuthorityIsNotBelieved() throws IOException, InterruptedException {
    new Authority(folder.resolve("authority")).issue(own, "operator");
    Address server = start(new Authority(folder.resolve("other")), NAME);
    assertEquals(0, servers.status(List.of(server)).size());
  }

  @Test
  void certificateThatComesLaterOrChangesIsUsed() throws IOException, InterruptedException {
    Authority first = new Authority(folder.resolve("first"));
    Authority second = new Authority(folder.resolve("second"));
    Address ofFirst = start(first, NAME);
    Address ofSecond = start(second, NAME);
    String trouble = servers.tlsTrouble().orElse("");
    assertTrue(trouble.contains("tls.crt is missing"), trouble);
    assertTrue(trouble.contains("controlTls.secretName"), trouble);
    assertEquals(0, servers.status(List.of(ofFirst, ofSecond)).size());
    assertInstanceOf(Outcome.Unknown.class, servers.recover(ofFirst, "b"));
    first.issue(own, "operator");
    assertEquals(
        List.of(ofFirst), List.copyOf(servers.status(List.of(ofFirst, ofSecond)).keySet()));
    second.issue(own, "operator");
    assertEquals(1, servers.status(List.of(ofSecond)).size());
    assertEquals(1, servers.status(List.of(ofFirst)).size(), "its connection stands");
  }

  @Test
  void brokenFilesLeaveWhatThereWas() throws IOException, InterruptedException {
    Authority authority = new Authority(folder.resolve("authority"));
    authority.issue(own, "operator");
    assertEquals(1, servers.status(List.of(start(authority, NAME))).size());
    Files.writeString(own.resolve("tls.crt"), "nonsense");
    assertEquals(Optional.empty(), servers.tlsTrouble());
    assertEquals(1, servers.status(List.of(start(authority, NAME))).size());
  }

  private Address start(Authority authority, String host) throws IOException, InterruptedException {
    Path files = folder.resolve("server-" + running.size());
    authority.issue(files, host);
    SslContextBuilder context =
        SslContextBuilder.forServer(
                files.resolve("tls.crt").toFile(), files.resolve("tls.key").toFile())
            .trustManager(files.resolve("ca.crt").toFile())
            .clientAuth(ClientAuth.REQUIRE);
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
            .sslContext(GrpcSslContexts.configure(context, SslProvider.JDK).build())
            .addService(new Fake())
            .build()
            .start();
    running.add(server);
    return new Address("127.0.0.1", server.getPort(), Optional.of(NAME));
  }
}

package io.zeoraid.operator.servers;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.zeoraid.control.v1.PackRequest;
import io.zeoraid.control.v1.PackResponse;
import io.zeoraid.control.v1.RaidGrpc;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.control.v1.RecoverRequest;
import io.zeoraid.control.v1.RecoverResponse;
import io.zeoraid.control.v1.StatusRequest;
import io.zeoraid.control.v1.StatusResponse;
import io.zeoraid.operator.plan.PackSchedule.Heard;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class GrpcRaidServersTest {
  private static final Duration DEADLINE = Duration.ofSeconds(2);
  private static final Instant UNTIL = Instant.parse("2026-03-01T12:00:00Z");

  private final List<Server> running = new ArrayList<>();
  private final RaidServers servers =
      new GrpcRaidServers(new Channels(new OwnCertificate(Optional.empty())), DEADLINE);

  @AfterEach
  void stop() {
    servers.close();
    running.forEach(Server::shutdownNow);
  }

  /** Answers, unless it is silent; refuses with the status that it is given. */
  private static final class Fake extends RaidGrpc.RaidImplBase {
    private final boolean silent;
    private final @Nullable Status refusal;
    private final ConcurrentLinkedQueue<String> asked = new ConcurrentLinkedQueue<>();
    private volatile @Nullable StreamObserver<PackResponse> pack;

    Fake(boolean silent, @Nullable Status refusal) {
      this.silent = silent;
      this.refusal = refusal;
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> answer) {
      if (!silent) {
        answer.onNext(
            StatusResponse.newBuilder().setStatus(RaidStatus.newBuilder().setServer("it")).build());
        answer.onCompleted();
      }
    }

    @Override
    public void pack(PackRequest request, StreamObserver<PackResponse> answer) {
      var time = request.getTime();
      asked.add("pack " + Instant.ofEpochSecond(time.getSeconds(), time.getNanos()));
      pack = answer;
      if (!silent) {
        answer.onNext(PackResponse.newBuilder().setMessage("asked").build());
      }
    }

    @Override
    public void recover(RecoverRequest request, StreamObserver<RecoverResponse> answer) {
      asked.add(request.getBackend());
      if (refusal != null) {
        answer.onError(refusal.asRuntimeException());
      } else if (!silent) {
        answer.onNext(RecoverResponse.newBuilder().setMessage("begun").build());
        answer.onCompleted();
      }
    }
  }

  @Test
  void whoDoesNotAnswerIsLeftOut() throws IOException {
    Address well = start(new Fake(false, null));
    Address silent = start(new Fake(true, null));
    Address gone = start(new Fake(false, null));
    running.getLast().shutdownNow();
    Map<Address, RaidStatus> said = servers.status(List.of(silent, gone, well));
    assertEquals(1, said.size());
    assertEquals("it", requireNonNull(said.get(well)).getServer());
  }

  @Test
  void serverThatCameBackAnswersAgain() throws IOException {
    Fake fake = new Fake(false, null);
    Address address = start(fake);
    assertEquals(1, servers.status(List.of(address)).size());
    running.getLast().shutdownNow();
    assertEquals(0, servers.status(List.of(address)).size());
    start(fake, address.port());
    assertEquals(1, servers.status(List.of(address)).size());
  }

  @Test
  void tellsRefusedFromUnknown() throws IOException {
    Fake fake = new Fake(false, null);
    assertEquals(new Outcome.Granted("begun"), servers.recover(start(fake), "b"));
    assertEquals(List.of("b"), List.copyOf(fake.asked));
    Address refuses = start(new Fake(false, Status.FAILED_PRECONDITION.withDescription("no")));
    assertEquals(new Outcome.Refused("no"), servers.recover(refuses, "b"));
    Address notNow = start(new Fake(false, Status.UNAVAILABLE.withDescription("no primary")));
    assertEquals(new Outcome.Unknown("no primary"), servers.recover(notNow, "b"));
    // It may have been done.
    assertInstanceOf(Outcome.Unknown.class, servers.recover(start(new Fake(true, null)), "b"));
  }

  @Test
  void packIsHeardToItsEnd() throws IOException {
    Fake fake = new Fake(false, null);
    PackCall call = servers.pack(start(fake), UNTIL);
    assertEquals(new Heard.Running(), call.heard());
    assertEquals(List.of("pack 2026-03-01T12:00:00Z"), List.copyOf(fake.asked));
    requireNonNull(fake.pack)
        .onNext(PackResponse.newBuilder().setMessage("all").setDone(true).build());
    await(call, new Heard.Packed("all"));
    requireNonNull(fake.pack).onCompleted();
    PackCall other = servers.pack(start(fake), UNTIL);
    requireNonNull(fake.pack)
        .onError(Status.FAILED_PRECONDITION.withDescription("b is out").asRuntimeException());
    await(other, new Heard.Failed("b is out"));
  }

  @Test
  void nobodyKnowsOfAPackWhoseServerIsGone() throws IOException {
    PackCall call = servers.pack(start(new Fake(false, null)), UNTIL);
    running.getLast().shutdownNow();
    await(call, Heard.Lost.class);
    PackCall silent = servers.pack(start(new Fake(true, null)), UNTIL);
    await(silent, Heard.Lost.class);
    // Who is not listened to any more does not answer later.
    PackCall left = servers.pack(start(new Fake(false, null)), UNTIL);
    left.leave();
    await(left, Heard.Lost.class);
  }

  private static void await(PackCall call, Heard expected) {
    await(call, expected.getClass());
    assertEquals(expected, call.heard());
  }

  private static void await(PackCall call, Class<? extends Heard> expected) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!expected.isInstance(call.heard())) {
      assertTrue(System.nanoTime() < deadline, () -> "still " + call.heard());
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
  }

  private Address start(Fake fake) throws IOException {
    return start(fake, 0);
  }

  private Address start(Fake fake, int port) throws IOException {
    Server server =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
            .addService(fake)
            .build()
            .start();
    running.add(server);
    return new Address("127.0.0.1", server.getPort(), Optional.empty());
  }
}

package io.zeoraid.server.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Timestamp;
import io.grpc.Context;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.zeoraid.control.v1.DisableRequest;
import io.zeoraid.control.v1.PackRequest;
import io.zeoraid.control.v1.PackResponse;
import io.zeoraid.control.v1.RaidGrpc;
import io.zeoraid.control.v1.RecoverRequest;
import io.zeoraid.control.v1.ReloadRequest;
import io.zeoraid.control.v1.StatusRequest;
import io.zeoraid.control.v1.WatchRequest;
import io.zeoraid.control.v1.WatchResponse;
import io.zeoraid.raid.BackendName;
import io.zeoraid.raid.status.RaidState;
import io.zeoraid.raid.status.RaidStatus;
import io.zeoraid.server.control.RefusedException.Reason;
import java.time.Instant;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

@Timeout(30)
final class RaidServiceTest {
  private static final Instant NOW = Instant.parse("2026-03-10T12:00:00Z");

  private final FakeControl control = new FakeControl();
  private final HandClockwork clockwork = new HandClockwork(NOW);
  private LoopbackControl server;
  private ManagedChannel channel;
  private RaidGrpc.RaidBlockingStub raid;

  @BeforeEach
  void start() throws Exception {
    server = LoopbackControl.start(control, clockwork);
    channel = NettyChannelBuilder.forAddress("127.0.0.1", server.port()).usePlaintext().build();
    raid = RaidGrpc.newBlockingStub(channel);
  }

  @AfterEach
  void stop() throws Exception {
    channel.shutdownNow();
    server.close();
  }

  @Test
  void tellsTheStatusOfTheOnlyStorageWhenNoneIsNamed() {
    RaidStatus recovering = FakeControl.status("1", RaidState.RECOVERING);
    control.set(recovering);

    var message = raid.status(StatusRequest.getDefaultInstance()).getStatus();

    assertEquals(recovering, StatusMessages.fromMessage(message));
  }

  @Test
  void listsTheStoragesWhenNoneIsNamedAndThereAreSeveral() {
    control.set(FakeControl.status("catalog", RaidState.OPTIMAL));

    Status status = failure(() -> raid.status(StatusRequest.getDefaultInstance()));

    assertEquals(Status.Code.INVALID_ARGUMENT, status.getCode());
    assertEquals(
        "this server has several storages, so say which one is meant: 1, catalog.",
        status.getDescription());
  }

  @Test
  void listsTheStoragesWhenThereIsNoneOfThatName() {
    Status status = failure(() -> raid.status(StatusRequest.newBuilder().setStorage("x").build()));

    assertEquals(Status.Code.NOT_FOUND, status.getCode());
    assertEquals("there is no storage x; this server has: 1.", status.getDescription());
  }

  @Test
  void isUnavailableBeforeAStorageIsOpen() {
    control.forgetStorages();

    Status status = failure(() -> raid.status(StatusRequest.getDefaultInstance()));

    assertEquals(Status.Code.UNAVAILABLE, status.getCode());
  }

  @Test
  void passesWishesOn() {
    assertEquals(
        "Done: disable 1 b.",
        raid.disable(DisableRequest.newBuilder().setBackend("b").build()).getMessage());
    assertEquals(
        "Done: recover 1 b.",
        raid.recover(RecoverRequest.newBuilder().setStorage("1").setBackend("b").build())
            .getMessage());
    assertEquals("Done: reload 1.", raid.reload(ReloadRequest.getDefaultInstance()).getMessage());
  }

  @Test
  void refusesAWishForNoBackend() {
    assertEquals(
        Status.Code.INVALID_ARGUMENT,
        failure(() -> raid.disable(DisableRequest.getDefaultInstance())).getCode());
    assertEquals(
        Status.Code.INVALID_ARGUMENT,
        failure(() -> raid.recover(RecoverRequest.getDefaultInstance())).getCode());
    assertEquals(List.of(), control.asked());
  }

  @ParameterizedTest
  @MethodSource("refusals")
  void saysWhyAWishIsRefused(RefusedException refusal, Status.Code code) {
    control.refuse(refusal);

    var error =
        assertThrows(
            StatusRuntimeException.class,
            () -> raid.disable(DisableRequest.newBuilder().setBackend("b").build()));

    assertEquals(code, error.getStatus().getCode());
    assertEquals(refusal.getMessage(), error.getStatus().getDescription());
    assertEquals(refusal.reason().name(), reason(error));
  }

  static Stream<Arguments> refusals() {
    return Stream.of(
        Arguments.of(
            RefusedException.unknownBackend(
                "1", new BackendName("x"), List.of(new BackendName("a"), new BackendName("b"))),
            Status.Code.NOT_FOUND),
        Arguments.of(
            new RefusedException(Reason.NOT_IN_THIS_STATE, "b is the last one in sync."),
            Status.Code.FAILED_PRECONDITION),
        Arguments.of(
            new RefusedException(Reason.NOT_NOW, "there is no primary."), Status.Code.UNAVAILABLE),
        Arguments.of(
            new RefusedException(Reason.SENSELESS, "that makes no sense."),
            Status.Code.INVALID_ARGUMENT));
  }

  @Test
  void callsADefectADefect() {
    var defect = new IllegalStateException("the invariant broke");
    defect.setStackTrace(new StackTraceElement[0]); // The service logs it.
    control.refuse(defect);

    var error =
        assertThrows(
            StatusRuntimeException.class, () -> raid.reload(ReloadRequest.getDefaultInstance()));

    assertEquals(Status.Code.INTERNAL, error.getStatus().getCode());
    assertNull(reason(error));
  }

  @Test
  void watchTellsTheStateAtOnceAndEachChange() {
    Iterator<WatchResponse> answers = raid.watch(WatchRequest.getDefaultInstance());

    assertEquals(RaidState.OPTIMAL, next(answers).state());
    control.set(FakeControl.status("1", RaidState.DEGRADED));
    assertEquals(RaidState.DEGRADED, next(answers).state());
    control.set(FakeControl.status("1", RaidState.FAILED));
    assertEquals(RaidState.FAILED, next(answers).state());
  }

  @Test
  void watchEndsWhenTheClientLeaves() throws Exception {
    try (Context.CancellableContext context = Context.current().withCancellation()) {
      context.run(() -> next(raid.watch(WatchRequest.getDefaultInstance())));
    }

    control.awaitWatchClosed();
  }

  @Test
  void watchOfAnUnknownStorageIsNotFound() {
    Iterator<WatchResponse> answers = raid.watch(WatchRequest.newBuilder().setStorage("x").build());

    assertEquals(Status.Code.NOT_FOUND, failure(answers::hasNext).getCode());
  }

  @Test
  void packTellsHowItGoes() {
    var end = new CompletableFuture<String>();
    control.packEndsWith(end);

    Iterator<PackResponse> answers = raid.pack(PackRequest.newBuilder().setDays(3).build());

    assertEquals("storage 1: asked to pack to 2026-03-07T12:00:00Z.", answers.next().getMessage());
    control.tellOfPack("a is packed.");
    assertEquals("a is packed.", answers.next().getMessage());
    end.complete("All are packed.");
    PackResponse last = answers.next();
    assertEquals("All are packed.", last.getMessage());
    assertTrue(last.getDone());
    assertFalse(answers.hasNext());
    assertEquals(List.of("pack 1 PackWish[before=2026-03-07T12:00:00Z]"), control.asked());
  }

  @Test
  void packsToNowOrToAGivenTime() {
    raid.pack(PackRequest.getDefaultInstance()).forEachRemaining(answer -> {});
    Instant then = Instant.parse("2026-01-01T00:00:00.5Z");
    raid.pack(
            PackRequest.newBuilder()
                .setTime(
                    Timestamp.newBuilder()
                        .setSeconds(then.getEpochSecond())
                        .setNanos(then.getNano()))
                .build())
        .forEachRemaining(answer -> {});

    assertEquals(
        List.of("pack 1 PackWish[before=" + NOW + "]", "pack 1 PackWish[before=" + then + "]"),
        control.asked());
  }

  @Test
  void packThatFailsEndsWithTheReason() {
    control.packEndsWith(
        CompletableFuture.failedFuture(
            new RefusedException(Reason.NOT_IN_THIS_STATE, "b is out; recover it first.")));

    Iterator<PackResponse> answers = raid.pack(PackRequest.getDefaultInstance());

    answers.next();
    Status status = failure(answers::hasNext);
    assertEquals(Status.Code.FAILED_PRECONDITION, status.getCode());
    assertEquals("b is out; recover it first.", status.getDescription());
  }

  private static RaidStatus next(Iterator<WatchResponse> answers) {
    return StatusMessages.fromMessage(answers.next().getStatus());
  }

  private static Status failure(Executable call) {
    return assertThrows(StatusRuntimeException.class, call).getStatus();
  }

  private static @Nullable String reason(StatusRuntimeException error) {
    Metadata trailers = error.getTrailers();
    return trailers == null ? null : trailers.get(RefusedException.TRAILER);
  }
}

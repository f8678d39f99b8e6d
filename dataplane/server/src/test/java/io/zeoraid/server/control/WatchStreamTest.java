package io.zeoraid.server.control;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.stub.ServerCallStreamObserver;
import io.zeoraid.control.v1.WatchResponse;
import io.zeoraid.protocol.Tid;
import io.zeoraid.raid.status.BackendStatus;
import io.zeoraid.raid.status.RaidState;
import io.zeoraid.raid.status.RaidStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class WatchStreamTest {
  private static final RaidStatus OPTIMAL = FakeControl.status("1", RaidState.OPTIMAL);
  private static final RaidStatus DEGRADED = FakeControl.status("1", RaidState.DEGRADED);

  private final HandClockwork clockwork = new HandClockwork(Instant.EPOCH);
  private final FakeObserver client = new FakeObserver();
  private final WatchStream stream = new WatchStream(client, clockwork);

  @Test
  void sendsTheFirstSnapshotAndChangesOfStateAtOnce() {
    stream.accept(OPTIMAL);
    stream.accept(DEGRADED);
    stream.accept(OPTIMAL);

    assertEquals(List.of(OPTIMAL, DEGRADED, OPTIMAL), client.received);
  }

  @Test
  void sendsNothingWhenNothingChanged() {
    stream.accept(OPTIMAL);
    clockwork.turn(Duration.ofMinutes(1));
    stream.accept(OPTIMAL);

    assertEquals(List.of(OPTIMAL), client.received);
    assertEquals(0, clockwork.alarmsSet());
  }

  @Test
  void sendsMereNumbersOnceASecondAndThenTheLatest() {
    stream.accept(recovering(1));
    stream.accept(recovering(2));
    stream.accept(recovering(3));
    assertEquals(List.of(recovering(1)), client.received);

    clockwork.turn(Duration.ofMillis(999));
    assertEquals(List.of(recovering(1)), client.received);
    clockwork.turn(Duration.ofMillis(1));
    assertEquals(List.of(recovering(1), recovering(3)), client.received);

    clockwork.turn(Duration.ofMillis(1500));
    stream.accept(recovering(4));
    assertEquals(List.of(recovering(1), recovering(3), recovering(4)), client.received);
  }

  @Test
  void countsTidsAsMereNumbers() {
    stream.accept(OPTIMAL);
    stream.accept(withLastTid(OPTIMAL, 99));

    assertEquals(List.of(OPTIMAL), client.received);
    clockwork.turn(WatchStream.NUMBERS_EVERY);
    assertEquals(List.of(OPTIMAL, withLastTid(OPTIMAL, 99)), client.received);
  }

  @Test
  void sendsAChangeOfStateThoughNumbersWait() {
    stream.accept(recovering(1));
    stream.accept(recovering(2));
    stream.accept(OPTIMAL);
    assertEquals(List.of(recovering(1), OPTIMAL), client.received);

    clockwork.turn(Duration.ofSeconds(5));
    assertEquals(List.of(recovering(1), OPTIMAL), client.received);
  }

  @Test
  void keepsOnlyTheLatestForASlowClient() {
    stream.accept(OPTIMAL);
    client.ready = false;
    stream.accept(DEGRADED);
    stream.accept(recovering(1));
    assertEquals(List.of(OPTIMAL), client.received);

    client.ready = true;
    stream.pump();
    assertEquals(List.of(OPTIMAL, recovering(1)), client.received);
  }

  @Test
  void sendsNothingToAClientThatLeft() {
    stream.accept(OPTIMAL);
    client.cancelled = true;
    stream.accept(DEGRADED);

    assertEquals(List.of(OPTIMAL), client.received);
  }

  private static RaidStatus recovering(long transactionsDone) {
    RaidStatus raid = FakeControl.status("1", RaidState.RECOVERING);
    BackendStatus b = raid.backends().get(1);
    var progressed =
        new BackendStatus(
            b.name(),
            b.state(),
            b.text(),
            b.connected(),
            new Tid(transactionsDone),
            FakeControl.progress(transactionsDone));
    return new RaidStatus(
        raid.storage(),
        raid.state(),
        raid.detail(),
        raid.serving(),
        raid.epoch(),
        raid.primary(),
        raid.server(),
        raid.lastTid(),
        List.of(raid.backends().getFirst(), progressed));
  }

  private static RaidStatus withLastTid(RaidStatus raid, long tid) {
    return new RaidStatus(
        raid.storage(),
        raid.state(),
        raid.detail(),
        raid.serving(),
        raid.epoch(),
        raid.primary(),
        raid.server(),
        new Tid(tid),
        raid.backends());
  }

  private static final class FakeObserver extends ServerCallStreamObserver<WatchResponse> {
    private final List<RaidStatus> received = new ArrayList<>();
    private boolean ready = true;
    private boolean cancelled;

    @Override
    public void onNext(WatchResponse answer) {
      received.add(StatusMessages.fromMessage(answer.getStatus()));
    }

    @Override
    public boolean isReady() {
      return ready;
    }

    @Override
    public boolean isCancelled() {
      return cancelled;
    }

    @Override
    public void onError(Throwable failure) {
      throw new AssertionError(failure);
    }

    @Override
    public void onCompleted() {
      throw new AssertionError("a watch never ends by itself");
    }

    @Override
    public void setOnCancelHandler(Runnable handler) {}

    @Override
    public void setOnReadyHandler(Runnable handler) {}

    @Override
    public void setCompression(String compression) {}

    @Override
    public void disableAutoInboundFlowControl() {}

    @Override
    public void request(int count) {}

    @Override
    public void setMessageCompression(boolean enable) {}
  }
}

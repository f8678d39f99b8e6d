package io.zeoraid.server.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The answers of a stream on their way from the network's thread to the one that prints. (The
 * iterator of gRPC's blocking stub can't wait for the first answer alone.)
 */
final class AnswerQueue<A> implements StreamObserver<A> {

  private sealed interface Arrival<A> {
    record Answer<A>(A answer) implements Arrival<A> {}

    record End<A>() implements Arrival<A> {}

    record Failure<A>(StatusRuntimeException status) implements Arrival<A> {}
  }

  private final BlockingQueue<Arrival<A>> arrivals = new LinkedBlockingQueue<>();

  @Override
  public void onNext(A answer) {
    arrivals.add(new Arrival.Answer<>(answer));
  }

  @Override
  public void onError(Throwable failure) {
    arrivals.add(
        new Arrival.Failure<>(
            failure instanceof StatusRuntimeException status
                ? status
                : Status.fromThrowable(failure).asRuntimeException()));
  }

  @Override
  public void onCompleted() {
    arrivals.add(new Arrival.End<>());
  }

  /**
   * The first answer; empty if there are none.
   *
   * @throws StatusRuntimeException an error of the server, or {@code DEADLINE_EXCEEDED} if nothing
   *     came in time
   */
  Optional<A> first(Duration timeout) throws InterruptedException {
    return content(arrivals.poll(timeout.toMillis(), TimeUnit.MILLISECONDS));
  }

  /**
   * The next answer, however long it takes; empty at the end.
   *
   * @throws StatusRuntimeException an error of the server
   */
  Optional<A> next() throws InterruptedException {
    return content(arrivals.take());
  }

  private static <A> Optional<A> content(@Nullable Arrival<A> arrival) {
    return switch (arrival) {
      case null -> throw Status.DEADLINE_EXCEEDED.asRuntimeException();
      case Arrival.Answer<A>(A answer) -> Optional.of(answer);
      case Arrival.End<A>() -> Optional.empty();
      case Arrival.Failure<A>(StatusRuntimeException status) -> throw status;
    };
  }
}

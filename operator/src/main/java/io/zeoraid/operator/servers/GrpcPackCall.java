package io.zeoraid.operator.servers;

import com.google.protobuf.Timestamp;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.zeoraid.control.v1.PackRequest;
import io.zeoraid.control.v1.PackResponse;
import io.zeoraid.control.v1.RaidGrpc;
import io.zeoraid.operator.plan.PackSchedule.Heard;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A pack whose stream is read until it ends. It has no deadline: a pack may take hours. Who asks
 * has to see to it that the server still answers otherwise.
 */
final class GrpcPackCall implements PackCall, ClientResponseObserver<PackRequest, PackResponse> {
  private static final Logger LOG = Logger.getLogger(GrpcPackCall.class);

  private final Address server;
  private final CountDownLatch firstWord = new CountDownLatch(1);
  private volatile Heard heard = new Heard.Lost("the server has not answered");
  private volatile @Nullable ClientCallStreamObserver<PackRequest> stream;

  private GrpcPackCall(Address server) {
    this.server = server;
  }

  /** Asks, and waits for the first word, not longer than the patience. */
  static GrpcPackCall ask(
      Address server, RaidGrpc.RaidStub stub, Instant until, Duration patience) {
    GrpcPackCall call = new GrpcPackCall(server);
    Timestamp time =
        Timestamp.newBuilder().setSeconds(until.getEpochSecond()).setNanos(until.getNano()).build();
    stub.pack(PackRequest.newBuilder().setTime(time).build(), call);
    call.awaitFirstWord(patience);
    return call;
  }

  /** One that came to nothing, and why. */
  static GrpcPackCall lost(Address server, String why) {
    GrpcPackCall call = new GrpcPackCall(server);
    call.says(new Heard.Lost(why));
    return call;
  }

  private void awaitFirstWord(Duration patience) {
    try {
      if (!firstWord.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        leave();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      leave();
    }
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<PackRequest> started) {
    stream = started;
  }

  @Override
  public void onNext(PackResponse response) {
    LOG.infof("%s: pack: %s", server.host(), response.getMessage());
    says(response.getDone() ? new Heard.Packed(response.getMessage()) : new Heard.Running());
  }

  @Override
  public void onError(Throwable failure) {
    Status status = Status.fromThrowable(failure);
    String why = String.valueOf(status.getDescription());
    LOG.infof("%s: pack: %s, %s", server.host(), status.getCode(), why);
    says(
        switch (status.getCode()) {
          case FAILED_PRECONDITION, INVALID_ARGUMENT, NOT_FOUND -> new Heard.Failed(why);
          default -> new Heard.Lost(why);
        });
  }

  @Override
  public void onCompleted() {
    if (heard instanceof Heard.Running) {
      says(new Heard.Lost("the server ended the call without a word"));
    }
    firstWord.countDown();
  }

  private void says(Heard now) {
    heard = now;
    firstWord.countDown();
  }

  @Override
  public Address server() {
    return server;
  }

  @Override
  public Heard heard() {
    return heard;
  }

  @Override
  public void leave() {
    ClientCallStreamObserver<PackRequest> started = stream;
    if (started != null) {
      started.cancel("not listened to any more", new StatusRuntimeException(Status.CANCELLED));
    }
  }
}

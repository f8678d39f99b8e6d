package io.zeoraid.server.control;

import com.google.protobuf.Timestamp;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.grpc.GrpcService;
import io.zeoraid.control.v1.DisableRequest;
import io.zeoraid.control.v1.DisableResponse;
import io.zeoraid.control.v1.PackRequest;
import io.zeoraid.control.v1.PackResponse;
import io.zeoraid.control.v1.RaidGrpc;
import io.zeoraid.control.v1.RecoverRequest;
import io.zeoraid.control.v1.RecoverResponse;
import io.zeoraid.control.v1.ReloadRequest;
import io.zeoraid.control.v1.ReloadResponse;
import io.zeoraid.control.v1.StatusRequest;
import io.zeoraid.control.v1.StatusResponse;
import io.zeoraid.control.v1.VerifyRequest;
import io.zeoraid.control.v1.VerifyResponse;
import io.zeoraid.control.v1.WatchRequest;
import io.zeoraid.control.v1.WatchResponse;
import io.zeoraid.raid.BackendName;
import io.zeoraid.server.control.RefusedException.Reason;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The service of {@code raid.proto}: checks names, asks {@link RaidControl}, puts answers and
 * refusals into messages.
 */
@GrpcService
class RaidService extends RaidGrpc.RaidImplBase {
  private static final Logger LOG = Logger.getLogger(RaidService.class);

  private final RaidControl control;
  private final Clockwork clockwork;

  RaidService(RaidControl control, Clockwork clockwork) {
    this.control = control;
    this.clockwork = clockwork;
  }

  @Override
  public void status(StatusRequest request, StreamObserver<StatusResponse> out) {
    answer(
        out,
        () -> control.status(storage(request.getStorage())),
        status -> StatusResponse.newBuilder().setStatus(StatusMessages.toMessage(status)).build());
  }

  @Override
  public void watch(WatchRequest request, StreamObserver<WatchResponse> observer) {
    var out = (ServerCallStreamObserver<WatchResponse>) observer;
    var stream = new WatchStream(out, clockwork);
    var ending = new Ending();
    out.setOnReadyHandler(stream::pump);
    out.setOnCancelHandler(ending::end);
    try {
      ending.register(control.watch(storage(request.getStorage()), stream));
    } catch (RuntimeException e) {
      out.onError(toStatus(e));
    }
  }

  @Override
  public void disable(DisableRequest request, StreamObserver<DisableResponse> out) {
    answer(
        out,
        () -> {
          String storage = storage(request.getStorage());
          BackendName backend = backend(request.getBackend());
          LOG.infof("storage %s: asked to disable backend %s", storage, backend);
          return control.disable(storage, backend);
        },
        message -> DisableResponse.newBuilder().setMessage(message).build());
  }

  @Override
  public void recover(RecoverRequest request, StreamObserver<RecoverResponse> out) {
    answer(
        out,
        () -> {
          String storage = storage(request.getStorage());
          BackendName backend = backend(request.getBackend());
          LOG.infof("storage %s: asked to recover backend %s", storage, backend);
          return control.recover(storage, backend);
        },
        message -> RecoverResponse.newBuilder().setMessage(message).build());
  }

  @Override
  public void reload(ReloadRequest request, StreamObserver<ReloadResponse> out) {
    answer(
        out,
        () -> {
          String storage = storage(request.getStorage());
          LOG.infof("storage %s: asked to reload the configuration", storage);
          return control.reload(storage);
        },
        message -> ReloadResponse.newBuilder().setMessage(message).build());
  }

  @Override
  public void pack(PackRequest request, StreamObserver<PackResponse> observer) {
    var out = new PackStream((ServerCallStreamObserver<PackResponse>) observer);
    try {
      String storage = storage(request.getStorage());
      var wish = new PackWish(before(request));
      LOG.infof("storage %s: asked to pack to %s", storage, wish.before());
      out.tell("storage %s: asked to pack to %s.".formatted(storage, wish.before()));
      control
          .pack(storage, wish, out::tell)
          .whenComplete((message, failure) -> {
            if (failure == null) {
              out.succeed(message);
            } else {
              out.fail(toStatus(failure));
            }
          });
    } catch (RuntimeException e) {
      out.fail(toStatus(e));
    }
  }

  @Override
  public void verify(VerifyRequest request, StreamObserver<VerifyResponse> observer) {
    var out = new VerifyStream((ServerCallStreamObserver<VerifyResponse>) observer);
    try {
      String storage = storage(request.getStorage());
      List<BackendName> backends =
          request.getBackendsList().stream().map(RaidService::backend).toList();
      LOG.infof("storage %s: asked to compare backends %s", storage, backends);
      out.tell("storage %s: comparing backends.".formatted(storage));
      control
          .verify(storage, backends, out::tell)
          .whenComplete((message, failure) -> {
            if (failure == null) {
              out.succeed(message);
            } else {
              out.fail(toStatus(failure));
            }
          });
    } catch (RuntimeException e) {
      out.fail(toStatus(e));
    }
  }

  private Instant before(PackRequest request) {
    return switch (request.getUntilCase()) {
      case DAYS ->
          clockwork.now().minus(Duration.ofDays(Integer.toUnsignedLong(request.getDays())));
      case TIME -> instant(request.getTime());
      case UNTIL_NOT_SET -> clockwork.now();
    };
  }

  private static Instant instant(Timestamp time) {
    try {
      return Instant.ofEpochSecond(time.getSeconds(), time.getNanos());
    } catch (DateTimeException e) {
      throw new RefusedException(
          Reason.SENSELESS, "the time to pack to is out of range: %s.".formatted(e.getMessage()));
    }
  }

  /** The storage that is meant by this name, which may be empty. */
  private String storage(String name) {
    List<String> known = control.storages();
    if (!name.isEmpty()) {
      if (!known.contains(name)) {
        throw RefusedException.unknownStorage(name, known);
      }
      return name;
    }
    if (known.isEmpty()) {
      throw new RefusedException(
          Reason.NOT_NOW, "this server has not opened any storage yet; ask again in a moment.");
    }
    if (known.size() > 1) {
      throw new RefusedException(
          Reason.SENSELESS,
          "this server has several storages, so say which one is meant: "
              + String.join(", ", known)
              + ".");
    }
    return known.getFirst();
  }

  private static BackendName backend(String name) {
    if (name.isEmpty()) {
      throw new RefusedException(Reason.SENSELESS, "the request names no backend.");
    }
    return new BackendName(name);
  }

  private static <A, M> void answer(
      StreamObserver<M> observer, Supplier<CompletionStage<A>> question, Function<A, M> toMessage) {
    var out = (ServerCallStreamObserver<M>) observer;
    // With a handler an answer that comes after the caller has left is dropped instead of thrown.
    out.setOnCancelHandler(() -> {});
    try {
      question
          .get()
          .thenApply(toMessage)
          .whenComplete((message, failure) -> {
            if (failure == null) {
              out.onNext(message);
              out.onCompleted();
            } else {
              out.onError(toStatus(failure));
            }
          });
    } catch (RuntimeException e) {
      out.onError(toStatus(e));
    }
  }

  private static StatusRuntimeException toStatus(Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof CompletionException && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause instanceof RefusedException refused) {
      Status status =
          switch (refused.reason()) {
            case UNKNOWN_NAME -> Status.NOT_FOUND;
            case SENSELESS -> Status.INVALID_ARGUMENT;
            case NOT_IN_THIS_STATE -> Status.FAILED_PRECONDITION;
            case NOT_NOW -> Status.UNAVAILABLE;
          };
      var trailers = new Metadata();
      trailers.put(RefusedException.TRAILER, refused.reason().name());
      return status.withDescription(refused.getMessage()).asRuntimeException(trailers);
    }
    LOG.error("a wish failed by a defect of the server; please report this", cause);
    return Status.INTERNAL
        .withDescription("a defect of the server (%s); its log tells more.".formatted(cause))
        .asRuntimeException();
  }

  /**
   * Closes a watch exactly when both its handle is there and the client has left, whichever comes
   * first.
   */
  private static final class Ending {
    private RaidControl.@Nullable Watch watch;
    private boolean ended;

    synchronized void register(RaidControl.Watch opened) {
      watch = opened;
      if (ended) {
        opened.close();
      }
    }

    synchronized void end() {
      ended = true;
      if (watch != null) {
        watch.close();
      }
    }
  }

  /** One client's pack; sentences may come from any thread, and late. */
  private static final class PackStream {
    private final ServerCallStreamObserver<PackResponse> out;
    private boolean ended;

    PackStream(ServerCallStreamObserver<PackResponse> out) {
      this.out = out;
      out.setOnCancelHandler(() -> {});
    }

    synchronized void tell(String message) {
      if (!ended) {
        out.onNext(PackResponse.newBuilder().setMessage(message).build());
      }
    }

    synchronized void succeed(String message) {
      ended = true;
      out.onNext(PackResponse.newBuilder().setMessage(message).setDone(true).build());
      out.onCompleted();
    }

    synchronized void fail(StatusRuntimeException status) {
      ended = true;
      out.onError(status);
    }
  }
}

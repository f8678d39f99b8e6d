package io.zeoraid.server.control;

import io.grpc.StatusRuntimeException;
import io.grpc.stub.ServerCallStreamObserver;
import io.zeoraid.control.v1.VerifyResponse;

/**
 * One client's comparison of backends; sentences may come from any thread, and late. A slow reader
 * misses sentences, never the last one.
 */
final class VerifyStream {
  private final ServerCallStreamObserver<VerifyResponse> out;
  private boolean ended;

  VerifyStream(ServerCallStreamObserver<VerifyResponse> out) {
    this.out = out;
    out.setOnCancelHandler(() -> {});
  }

  synchronized void tell(String message) {
    if (!ended && out.isReady()) {
      out.onNext(VerifyResponse.newBuilder().setMessage(message).build());
    }
  }

  synchronized void succeed(String message) {
    ended = true;
    out.onNext(VerifyResponse.newBuilder().setMessage(message).setDone(true).build());
    out.onCompleted();
  }

  synchronized void fail(StatusRuntimeException status) {
    ended = true;
    out.onError(status);
  }
}

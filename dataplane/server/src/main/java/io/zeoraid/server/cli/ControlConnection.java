package io.zeoraid.server.cli;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.zeoraid.config.SslConfig;
import io.zeoraid.control.v1.RaidGrpc;
import io.zeoraid.server.net.tls.TlsFiles;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * A connection to the control service of a server. Used by one thread. Connects on the first
 * question.
 */
final class ControlConnection implements AutoCloseable {
  /**
   * gRPC logs what it also throws; people shall read it once. Held here, lest the level be
   * collected with it.
   */
  private static final Logger GRPC_LOGGER = Logger.getLogger("io.grpc");

  private final ConnectionOptions.Target target;
  private final ManagedChannel channel;
  private boolean answered;

  /**
   * @throws UsageException if the files for TLS can't be used
   */
  ControlConnection(ConnectionOptions.Target target) {
    this.target = target;
    GRPC_LOGGER.setLevel(Level.OFF);
    var builder = NettyChannelBuilder.forAddress(target.control().host(), target.control().port());
    target.tls().ifPresentOrElse(ssl -> secure(builder, ssl), builder::usePlaintext);
    // The answers are handled where they arrive: this program has nothing else to do meanwhile.
    channel = builder.directExecutor().build();
  }

  private static void secure(NettyChannelBuilder builder, SslConfig ssl) {
    try {
      builder.sslContext(TlsFiles.grpcClient(ssl));
    } catch (IOException e) {
      throw new UsageException("TLS: " + e.getMessage());
    }
    ssl.serverHostname().ifPresent(builder::overrideAuthority);
  }

  ConnectionOptions.Target target() {
    return target;
  }

  /** Whether a stream has had an answer, so that a later error is not for want of a server. */
  boolean answered() {
    return answered;
  }

  /** For one question with one answer, which must come in time. */
  RaidGrpc.RaidBlockingStub raid() {
    return RaidGrpc.newBlockingStub(channel)
        .withDeadlineAfter(target.timeout().toMillis(), TimeUnit.MILLISECONDS);
  }

  /**
   * Asks a question with many answers and hands them on, on this thread, until the server ends
   * them. The first one must come in time; for the others there is no limit.
   *
   * @throws StatusRuntimeException if the answers end with an error, or the first one is late
   */
  <A> void stream(BiConsumer<RaidGrpc.RaidStub, StreamObserver<A>> question, Consumer<A> onAnswer)
      throws InterruptedException {
    var answers = new AnswerQueue<A>();
    question.accept(RaidGrpc.newStub(channel), answers);
    for (var answer = answers.first(target.timeout());
        answer.isPresent();
        answer = answers.next()) {
      answered = true;
      onAnswer.accept(answer.get());
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}

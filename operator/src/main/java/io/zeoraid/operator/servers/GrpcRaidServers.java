package io.zeoraid.operator.servers;

import com.google.common.util.concurrent.ListenableFuture;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.zeoraid.control.v1.RaidGrpc;
import io.zeoraid.control.v1.RaidStatus;
import io.zeoraid.control.v1.RecoverRequest;
import io.zeoraid.control.v1.ReloadRequest;
import io.zeoraid.control.v1.StatusRequest;
import io.zeoraid.control.v1.StatusResponse;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jboss.logging.Logger;

/**
 * Asks servers by gRPC. One channel per server is kept as long as it answers. Threads: any.
 *
 * <p>The servers of a ZeoRaid have one storage each, so no call names one.
 */
public final class GrpcRaidServers implements RaidServers {
  private static final Logger LOG = Logger.getLogger(GrpcRaidServers.class);

  private final Channels channels;
  private final Duration deadline;
  private final Map<Address, ManagedChannel> open = new ConcurrentHashMap<>();

  /**
   * Connects when it is first asked.
   *
   * @param channels how
   * @param deadline for how long an answer is waited for
   */
  public GrpcRaidServers(Channels channels, Duration deadline) {
    this.channels = channels;
    this.deadline = deadline;
  }

  @Override
  public Map<Address, RaidStatus> status(List<Address> servers) {
    Map<Address, ListenableFuture<StatusResponse>> asked = new LinkedHashMap<>();
    for (Address server : servers) {
      try {
        asked.put(
            server,
            RaidGrpc.newFutureStub(channel(server))
                .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS)
                .status(StatusRequest.getDefaultInstance()));
      } catch (IOException e) {
        LOG.debugf("server %s can't be asked: %s", server, e.getMessage());
      }
    }
    Map<Address, RaidStatus> said = new LinkedHashMap<>();
    asked.forEach((server, answer) -> {
      try {
        said.put(server, answer.get().getStatus());
      } catch (ExecutionException e) {
        LOG.debugf("server %s does not tell its status: %s", server, e.getCause());
        drop(server);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        answer.cancel(true);
      }
    });
    return said;
  }

  @Override
  public Outcome recover(Address server, String backend) {
    RecoverRequest request = RecoverRequest.newBuilder().setBackend(backend).build();
    return ask(server, stub -> stub.recover(request).getMessage());
  }

  @Override
  public Outcome reload(Address server) {
    return ask(server, stub -> stub.reload(ReloadRequest.getDefaultInstance()).getMessage());
  }

  @Override
  public PackCall pack(Address server, Instant until) {
    try {
      return GrpcPackCall.ask(server, RaidGrpc.newStub(channel(server)), until, deadline);
    } catch (IOException e) {
      return GrpcPackCall.lost(server, String.valueOf(e.getMessage()));
    }
  }

  @Override
  public Optional<String> tlsTrouble() {
    return channels.tlsTrouble();
  }

  private Outcome ask(Address server, Function<RaidGrpc.RaidBlockingStub, String> question) {
    try {
      return new Outcome.Granted(
          question.apply(
              RaidGrpc.newBlockingStub(channel(server))
                  .withDeadlineAfter(deadline.toMillis(), TimeUnit.MILLISECONDS)));
    } catch (IOException e) {
      return new Outcome.Unknown(String.valueOf(e.getMessage()));
    } catch (StatusRuntimeException e) {
      String why = String.valueOf(e.getStatus().getDescription());
      return switch (e.getStatus().getCode()) {
        case FAILED_PRECONDITION, INVALID_ARGUMENT, NOT_FOUND -> new Outcome.Refused(why);
        default -> {
          if (e.getStatus().getCode() == Status.Code.UNAVAILABLE) {
            drop(server);
          }
          yield new Outcome.Unknown(why);
        }
      };
    }
  }

  /** Two threads may open one each; the second one has not connected yet. */
  private ManagedChannel channel(Address server) throws IOException {
    ManagedChannel known = open.get(server);
    if (known != null) {
      return known;
    }
    ManagedChannel made = channels.open(server);
    known = open.putIfAbsent(server, made);
    if (known != null) {
      made.shutdownNow();
      return known;
    }
    return made;
  }

  /** A pod that is gone never comes back under its address; a new channel is cheap. */
  private void drop(Address server) {
    ManagedChannel channel = open.remove(server);
    if (channel != null) {
      channel.shutdownNow();
    }
  }

  @Override
  public void close() {
    List.copyOf(open.keySet()).forEach(this::drop);
  }
}

package io.zeoraid.server.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.quarkus.test.junit.QuarkusTestProfile;
import io.quarkus.test.junit.TestProfile;
import io.zeoraid.control.v1.RaidGrpc;
import io.zeoraid.control.v1.StatusRequest;
import io.zeoraid.raid.status.RaidState;
import io.zeoraid.server.cli.FakeStorageServer;
import jakarta.inject.Inject;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Set;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What Quarkus makes of the beans: addresses, wiring, formats. What they say is tested without it.
 */
@QuarkusTest
@TestProfile(QuarkusEndpointsTest.WithFakes.class)
class QuarkusEndpointsTest {

  public static final class WithFakes implements QuarkusTestProfile {
    @Override
    public Set<Class<?>> getEnabledAlternatives() {
      return Set.of(FakeControl.class, FakeStorageServer.class);
    }
  }

  @Inject FakeControl control;
  @Inject ServerMeters meters;

  @ConfigProperty(name = "quarkus.grpc.server.port")
  int controlPort;

  @TestHTTPResource("/")
  URI http = URI.create("http://injected.invalid");

  @AfterEach
  void heal() {
    control.set(FakeControl.status("1", RaidState.OPTIMAL));
  }

  @Test
  void servesLiveness() throws Exception {
    HttpResponse<String> response = get("/q/health/live");

    assertEquals(200, response.statusCode());
    assertTrue(response.body().contains("event loops"), response.body());
  }

  @Test
  void servesReadiness() throws Exception {
    assertEquals(200, get("/q/health/ready").statusCode());

    control.set(FakeControl.status("1", RaidState.FAILED));
    HttpResponse<String> response = get("/q/health/ready");

    assertEquals(503, response.statusCode());
    assertTrue(response.body().contains("not serving, failed"), response.body());
  }

  @Test
  void servesMetrics() throws Exception {
    meters.of("1").loadAnswered(1_000_000);

    HttpResponse<String> response = get("/q/metrics");

    assertEquals(200, response.statusCode());
    assertTrue(response.body().contains("zeoraid_epoch{storage=\"1\""), response.body());
    assertTrue(response.body().contains("zeoraid_load_seconds_bucket{"), response.body());
    assertTrue(response.body().contains("jvm_memory_used_bytes"), response.body());
  }

  @Test
  void servesControlAtAPortOfItsOwn() {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", controlPort).usePlaintext().build();
    try {
      var status =
          RaidGrpc.newBlockingStub(channel).status(StatusRequest.getDefaultInstance()).getStatus();

      assertEquals(FakeControl.status("1", RaidState.OPTIMAL), StatusMessages.fromMessage(status));
      assertTrue(controlPort != http.getPort());
    } finally {
      channel.shutdownNow();
    }
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    try (var client = HttpClient.newHttpClient()) {
      return client.send(
          HttpRequest.newBuilder(http.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }
  }
}

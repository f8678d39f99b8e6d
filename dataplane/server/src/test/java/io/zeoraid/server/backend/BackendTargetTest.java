package io.zeoraid.server.backend;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.zeoraid.config.Address;
import io.zeoraid.server.net.tls.TestAuthority;
import io.zeoraid.server.net.tls.Tls;
import io.zeoraid.server.net.tls.TlsFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class BackendTargetTest {
  private static final Address HERE = new Address.Tcp("a.example", 8100);
  private static final Address THERE = new Address.Tcp("b.example", 8100);

  private static BackendTarget target(
      Address address, String storage, long timeoutMillis, Optional<Tls> tls) {
    return new BackendTarget(
        "a",
        List.of(address),
        storage,
        "zeoraid",
        1000,
        timeoutMillis,
        timeoutMillis,
        BackendTarget.Kind.BACKEND,
        tls);
  }

  @Test
  void isTheSameVolumeWhateverItsTimeout() {
    assertTrue(
        target(HERE, "1", 1000, Optional.empty())
            .isSameVolume(target(HERE, "1", 2000, Optional.empty())));
  }

  @Test
  void isTheSameVolumeWhateverItsSsl(@TempDir Path directory) throws Exception {
    TestAuthority authority = new TestAuthority(directory.resolve("ca"));
    try (TlsFiles files = new TlsFiles()) {
      Optional<Tls> one = Optional.of(files.client(authority.config(authority.issue("one"))));
      Optional<Tls> other = Optional.of(files.client(authority.config(authority.issue("other"))));

      assertTrue(target(HERE, "1", 1000, one).isSameVolume(target(HERE, "1", 1000, other)));
      assertTrue(
          target(HERE, "1", 1000, one).isSameVolume(target(HERE, "1", 1000, Optional.empty())));
    }
  }

  @Test
  void mayBeAnotherVolumeAtAnotherAddressOrInAnotherStorage() {
    BackendTarget target = target(HERE, "1", 1000, Optional.empty());

    assertFalse(target.isSameVolume(target(THERE, "1", 1000, Optional.empty())));
    assertFalse(target.isSameVolume(target(HERE, "2", 1000, Optional.empty())));
  }
}

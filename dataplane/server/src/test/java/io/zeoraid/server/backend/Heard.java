package io.zeoraid.server.backend;

import io.zeoraid.protocol.Oid;
import io.zeoraid.protocol.RemoteError;
import io.zeoraid.protocol.Tid;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/** Keeps what a connection tells, for the test's thread. */
final class Heard implements BackendListener {
  record Opened(Tid lastTid) {}

  record Lost(String why, boolean hung) {}

  record Replied(long call, @Nullable Object value) {}

  record Failed(long call, RemoteError error) {}

  record Invalidated(Tid tid) {}

  record Viewed(long epoch, List<String> inSync) {}

  record Info(Map<String, @Nullable Object> info) {}

  record Packed() {}

  /** What goes wrong in this server when an answer is told. */
  volatile @Nullable RuntimeException defect;

  private final BlockingQueue<Object> heard = new LinkedBlockingQueue<>();

  /** What was told next; waits for it. */
  Object next() throws InterruptedException {
    return heard.take();
  }

  /** Whether all that was told was looked at. */
  boolean isSilent() {
    return heard.isEmpty();
  }

  @Override
  public void opened(Tid lastTid) {
    heard.add(new Opened(lastTid));
  }

  @Override
  public void lost(String why, boolean hung) {
    heard.add(new Lost(why, hung));
  }

  @Override
  public void replied(long call, @Nullable Object value) {
    RuntimeException wrong = defect;
    if (wrong != null) {
      throw wrong;
    }
    heard.add(new Replied(call, value));
  }

  @Override
  public void failed(long call, RemoteError error) {
    heard.add(new Failed(call, error));
  }

  @Override
  public void invalidated(Tid tid, List<Oid> oids) {
    heard.add(new Invalidated(tid));
  }

  @Override
  public void viewed(long epoch, List<String> inSync, String trouble) {
    heard.add(new Viewed(epoch, inSync));
  }

  @Override
  public void info(Map<String, @Nullable Object> info) {
    heard.add(new Info(info));
  }

  @Override
  public void packed() {
    heard.add(new Packed());
  }
}

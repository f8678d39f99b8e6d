package io.zeoraid.server.net;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * The one event loop of a server: sockets, decisions and timers all run on its thread, so nothing
 * of them needs a lock and no message waits for another thread ({@code
 * docs/adr/0001-one-event-loop.md}).
 *
 * <p>What is written is flushed once per turn of the loop, together for all that was read in it.
 */
public final class Loop implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(Loop.class);

  private final NioEventLoopGroup group;
  private final EventLoop loop;
  private List<Channel> dirty = new ArrayList<>();
  private boolean flushDue;

  public Loop(String name) {
    group = new NioEventLoopGroup(1, new DefaultThreadFactory(name));
    loop = group.next();
  }

  /** Netty's view of it. */
  public EventLoop netty() {
    return loop;
  }

  /** Whether the caller runs on this loop. */
  public boolean isHere() {
    return loop.inEventLoop();
  }

  /** Runs this on the loop, later. Any thread. */
  public void execute(Runnable task) {
    loop.execute(task);
  }

  /** Runs this on the loop after some time. Any thread. */
  public ScheduledFuture<?> schedule(Runnable task, long millis) {
    return loop.schedule(() -> runOrTell(task), millis, TimeUnit.MILLISECONDS);
  }

  /** Netty keeps to itself what a scheduled task throws. */
  private static void runOrTell(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException | Error e) {
      LOG.error("a defect; please report this", e);
      throw e;
    }
  }

  /** Writes a frame; it is flushed at the end of this turn. On the loop only. */
  public void write(Channel channel, Object message) {
    channel.write(message, channel.voidPromise());
    flushSoon(channel);
  }

  /** Flushes what was written to the channel at the end of this turn. On the loop only. */
  public void flushSoon(Channel channel) {
    dirty.add(channel);
    if (!flushDue) {
      flushDue = true;
      loop.execute(this::flush);
    }
  }

  private void flush() {
    flushDue = false;
    List<Channel> due = dirty;
    dirty = new ArrayList<>();
    Channel before = null;
    for (Channel channel : due) {
      if (channel != before) {
        channel.flush();
        before = channel;
      }
    }
  }

  /** Ends the loop and waits until it has ended. Not on the loop. */
  @Override
  public void close() {
    group.shutdownGracefully(0, 2, TimeUnit.SECONDS).syncUninterruptibly();
  }
}

package io.zeoraid.server.net;

import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.resolver.InetNameResolver;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * Looks up host names with the JDK, like Netty does by default, but on a thread of its own: a DNS
 * server that does not answer would otherwise hold up the event loop, and with it all clients.
 */
final class NameLookup extends AddressResolverGroup<InetSocketAddress> {

  @Override
  protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
    return new OffLoop(executor).asAddressResolver();
  }

  private static final class OffLoop extends InetNameResolver {
    OffLoop(EventExecutor executor) {
      super(executor);
    }

    @Override
    protected void doResolve(String host, Promise<InetAddress> promise) {
      Thread.startVirtualThread(() -> {
        try {
          promise.trySuccess(InetAddress.getByName(host));
        } catch (UnknownHostException e) {
          promise.tryFailure(e);
        }
      });
    }

    @Override
    protected void doResolveAll(String host, Promise<List<InetAddress>> promise) {
      Thread.startVirtualThread(() -> {
        try {
          promise.trySuccess(List.of(InetAddress.getAllByName(host)));
        } catch (UnknownHostException e) {
          promise.tryFailure(e);
        }
      });
    }
  }
}

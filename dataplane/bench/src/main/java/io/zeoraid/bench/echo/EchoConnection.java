package io.zeoraid.bench.echo;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.zeoraid.protocol.Call;
import io.zeoraid.protocol.Codec;
import io.zeoraid.protocol.Encoding;
import io.zeoraid.protocol.Handshake;
import io.zeoraid.protocol.Limits;
import io.zeoraid.protocol.ProtocolException;
import org.jspecify.annotations.Nullable;

/** One client of the echo server. Confined to its event loop. */
final class EchoConnection extends SimpleChannelInboundHandler<ByteBuf> {
  private final Encoding announced;
  private final EchoAnswers answers;
  private @Nullable Codec codec;

  EchoConnection(Encoding announced, EchoAnswers answers) {
    this.announced = announced;
    this.answers = answers;
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    context.writeAndFlush(Unpooled.wrappedBuffer(Handshake.frame(announced)));
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, ByteBuf body) {
    Codec known = codec;
    if (known != null) {
      Call call = known.decodeCall(body.nioBuffer());
      if (call != null && !call.async()) {
        context.write(
            Unpooled.wrappedBuffer(known.encodeReply(call.id(), answers.answer(call.request()))),
            context.voidPromise());
      }
    } else if (Handshake.answer(body.nioBuffer()) instanceof Handshake.Answer.Version version) {
      codec = Codec.of(version.encoding(), Limits.DEFAULT);
    } else {
      throw new ProtocolException("the echo server speaks ZEO 5");
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    context.flush();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}

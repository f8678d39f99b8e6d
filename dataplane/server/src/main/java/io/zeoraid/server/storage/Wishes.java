package io.zeoraid.server.storage;

import io.zeoraid.raid.Effect;
import io.zeoraid.server.control.RefusedException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** What administrators have asked for, until it is answered. Confined to the event loop. */
final class Wishes {

  /**
   * One of them.
   *
   * @param progress hears how far it is
   */
  private record Wish(CompletableFuture<String> answer, Consumer<String> progress) {}

  private final Map<Long, Wish> wishes = new HashMap<>();

  /** The stage ends with the answer to this request. */
  CompletionStage<String> add(long request, Consumer<String> progress) {
    Wish wish = new Wish(new CompletableFuture<>(), progress);
    wishes.put(request, wish);
    return wish.answer();
  }

  void tell(Effect.TellAdmin tell) {
    Wish wish = wishes.get(tell.request());
    if (wish != null) {
      wish.progress().accept(tell.text());
    }
  }

  void answer(Effect.AnswerAdmin answer) {
    Wish wish = wishes.remove(answer.request());
    if (wish == null) {
      return;
    }
    if (answer.done()) {
      wish.answer().complete(answer.text());
    } else {
      wish.answer()
          .completeExceptionally(
              new RefusedException(RefusedException.Reason.NOT_IN_THIS_STATE, answer.text()));
    }
  }

  /** None of them will be answered any more. */
  void refuseAll(String why) {
    wishes.values().forEach(wish -> wish.answer().completeExceptionally(notNow(why)));
    wishes.clear();
  }

  static RefusedException notNow(String why) {
    return new RefusedException(RefusedException.Reason.NOT_NOW, why);
  }
}

/* The timed sections: calls of a library in this process one after the other, or those of another process at once. */

#include "bench.h"

static void start(struct cost *cost)
{
    cost->allocations -= allocations;
    cost->time -= worked();
}

static void stop(struct cost *cost)
{
    cost->time += worked();
    cost->allocations += allocations;
}

/* What another process says that it took. */
static bool add(bool good, const uint64_t *time, struct cost *cost)
{
    if (good)
        cost->time += *time;
    return good;
}

bool begin_all(const struct peer *peer, enum layer layer, union context *contexts, struct text *challenges,
               size_t count, struct cost *cost)
{
    uint64_t time = 0;
    if (peer->remote != NULL)
        return add(peer->remote->begin(layer, contexts, challenges, count, &time), &time, cost);
    bool good = true;
    start(cost);
    for (size_t n = 0; n < count; n++)
        good &= peer->begin(layer, &contexts[n], &challenges[n]);
    stop(cost);
    return good;
}

bool finish_all(const struct peer *peer, union context *contexts, const struct text *responses,
                struct text *rspauths, size_t count, struct cost *cost)
{
    uint64_t time = 0;
    if (peer->remote != NULL)
        return add(peer->remote->finish(contexts, responses, rspauths, count, &time), &time, cost);
    bool good = true;
    start(cost);
    for (size_t n = 0; n < count; n++)
        good &= peer->finish(&contexts[n], &responses[n], &rspauths[n]);
    stop(cost);
    return good;
}

bool end_all(const struct peer *peer, union context *contexts, size_t count, struct cost *cost)
{
    uint64_t time = 0;
    if (peer->remote != NULL)
        return add(peer->remote->end(contexts, count, &time), &time, cost);
    start(cost);
    for (size_t n = 0; n < count; n++)
        peer->end(&contexts[n]);
    stop(cost);
    return true;
}

bool seal_all(const struct peer *peer, union context *context, struct frames *frames, struct cost *cost)
{
    uint64_t time = 0;
    if (peer->remote != NULL)
        return add(peer->remote->seal(context, frames, &time), &time, cost);
    bool good = true;
    start(cost);
    for (size_t n = 0; n < frames->count && good; n++) {
        struct sealed sealed;
        good = peer->seal(context, frame_at(frames, n), frames->size, &sealed);
        if (good && sealed.owned != NULL)
            peer->drop(sealed.owned);
    }
    stop(cost);
    return good;
}

bool unseal_all(const struct peer *peer, union context *context, struct frames *frames, struct cost *cost)
{
    uint64_t time = 0;
    if (peer->remote != NULL)
        return add(peer->remote->unseal(context, frames, &time), &time, cost);
    bool good = true;
    start(cost);
    for (size_t n = 0; n < frames->count && good; n++) {
        struct sealed plain;
        good = peer->unseal(context, frame_at(frames, n), frames->lengths[n], &plain);
        if (good && plain.owned != NULL)
            peer->drop(plain.owned);
    }
    stop(cost);
    return good;
}

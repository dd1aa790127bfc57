/* R01 to R22: responses that must be refused, and some odd ones that must not. Each lies in a heap
 * block of exactly its size. */
#include "login.h"

#define REFUSED SEC_E_INVALID_TOKEN

/* Rows that give a directive of an honest response another value; NULL takes the directive out. */
static const struct {
    const char *name, *directive, *value;
    SECURITY_STATUS expected;
} edits[] = {
    {"honest", "nc", "00000001", SEC_E_OK},
    {"r02 nonce of quotes and backslashes", "nonce", "\"\\\"\\\\\\\"\"", REFUSED},
    {"r02 realm of quotes and backslashes", "realm", "\"\\\"\\\\\\\"\"", SEC_E_LOGON_DENIED},
    {"r03 no username", "username", NULL, REFUSED},
    {"r03 no nonce", "nonce", NULL, REFUSED},
    {"r03 no cnonce", "cnonce", NULL, REFUSED},
    {"r03 no nc", "nc", NULL, REFUSED},
    {"r03 no response", "response", NULL, REFUSED},
    {"r03 no digest-uri", "digest-uri", NULL, REFUSED},
    {"r03 no realm", "realm", NULL, SEC_E_LOGON_DENIED},
    {"r13 control character in username", "username",
     "\"ali\x01"
     "ce\"",
     REFUSED},
    {"r13 newline in username", "username", "\"ali\nce\"", REFUSED},
    {"r13 folded username", "username", "\"ali\r\n ce\"", REFUSED},
    {"r13 DEL in username", "username",
     "\"ali\x7F"
     "ce\"",
     REFUSED},
    {"r13 escaped DEL in username", "username",
     "\"ali\\\x7F"
     "ce\"",
     REFUSED},
    {"r13 folded realm", "realm", "\"example\r\n\t.org\"", REFUSED},
    {"r13 folded cnonce", "cnonce", "\"abc\r\n Set-Cookie: x=y\"", REFUSED},
    {"r13 folded digest-uri", "digest-uri", "\"imap/\r\n localhost\"", REFUSED},
    {"r13 folded authzid", "authzid", "\"bob\r\n  \"", REFUSED},
    {"r13 folded value of another name", "x", "\"a\r\n b\"", REFUSED},
    {"r16 empty nc", "nc", "", REFUSED},
    {"r16 empty cnonce", "cnonce", "\"\"", REFUSED},
    {"r16 empty digest-uri", "digest-uri", "\"\"", REFUSED},
    {"r16 empty nonce", "nonce", "\"\"", REFUSED},
    {"r16 empty response", "response", "", REFUSED},
    {"r16 empty qop", "qop", "", REFUSED},
    {"r16 empty authzid", "authzid", "\"\"", REFUSED},
    {"r16 empty username", "username", "\"\"", SEC_E_LOGON_DENIED},
    {"r16 lone quote", "username", "\"", REFUSED},
    {"r20 nc of 7 digits", "nc", "0000001", REFUSED},
    {"r20 nc of 9 digits", "nc", "000000001", REFUSED},
    {"r20 nc zero", "nc", "00000000", SEC_E_OUT_OF_SEQUENCE},
    {"r20 nc with a sign", "nc", "+0000001", REFUSED},
    {"r20 nc with a space in it", "nc", "\" 0000001\"", REFUSED},
    {"r20 nc with 0x", "nc", "0x000001", REFUSED},
    {"r20 nc all ones", "nc", "ffffffff", SEC_E_OUT_OF_SEQUENCE},
    {"r20 nc with a g", "nc", "0000000g", REFUSED},
    {"r20 nc with a gap", "nc", "00000002", SEC_E_OUT_OF_SEQUENCE},
    {"r21 maxbuf 0", "maxbuf", "0", REFUSED},
    {"r21 maxbuf 15", "maxbuf", "15", REFUSED},
    {"r21 maxbuf 16", "maxbuf", "16", REFUSED},
    {"r21 maxbuf 17", "maxbuf", "17", SEC_E_OK},
    {"r21 maxbuf 16777215", "maxbuf", "16777215", SEC_E_OK},
    {"r21 maxbuf quoted", "maxbuf", "\"4096\"", SEC_E_OK},
    {"r21 maxbuf 16777216", "maxbuf", "16777216", REFUSED},
    {"r21 maxbuf 2^32", "maxbuf", "4294967296", REFUSED},
    {"r21 maxbuf 2^64+1", "maxbuf", "18446744073709551617", REFUSED},
    {"r21 maxbuf negative", "maxbuf", "-1", REFUSED},
    {"r21 maxbuf hexadecimal", "maxbuf", "0x1000", REFUSED},
    {"r21 maxbuf abc", "maxbuf", "abc", REFUSED},
    {"r21 qop auth and auth", "qop", "\"auth,auth\"", REFUSED},
    {"r21 qop unknown", "qop", "auth-x", REFUSED},
    {"r21 qop not offered", "qop", "auth-int", REFUSED},
    {"r22 qop auth-conf without cipher", "qop", "auth-conf", REFUSED},
    {"r22 charset of another kind", "charset", "latin1", REFUSED},
    {"r22 username of an overlong sequence", "username", "\"\xC0\xAF\"", REFUSED},
    {"r22 username of a truncated sequence", "username", "\"alice\xC3\"", REFUSED},
    {"r22 username of a surrogate", "username", "\"\xED\xA0\x80\"", REFUSED},
    {"response in upper case", "response", "0123456789ABCDEF0123456789ABCDEF", REFUSED},
    {"response of 31 digits", "response", "0123456789abcdef0123456789abcde", REFUSED},
    {"response of 33 digits", "response", "0123456789abcdef0123456789abcdef0", REFUSED},
    {"response wrong", "response", "0123456789abcdef0123456789abcdef", SEC_E_LOGON_DENIED},
    {"r37 another nonce", "nonce", "\"+Upgraded+v1\"", REFUSED},
};

/* Rows that add text to an honest response. */
static const struct {
    const char *name, *more;
    SECURITY_STATUS expected;
} additions[] = {
    {"unknown directive", ",x=\"y\"", SEC_E_OK},
    {"empty elements and blanks", ", , ,\t\r\n ", SEC_E_OK},
    {"r01 directive without =", ",x", REFUSED},
    {"r04 nothing after =", ",x=", REFUSED},
    {"r08 white space after the last directive", "  \t", SEC_E_OK},
    {"r14 ends in a quoted string", ",x=\"y", REFUSED},
    {"r14 ends after a backslash", ",x=\"y\\", REFUSED},
    {"r14 ends in a name", ",usern", REFUSED},
    {"r12 directives in a string", ",x=\"nonce=1,nc=2\"", SEC_E_OK},
    {"r19 username twice", ",username=\"alice\"", REFUSED},
    {"r19 realm twice", ",realm=\"example.org\"", REFUSED},
    {"r19 nonce twice", ",nonce=\"a\"", REFUSED},
    {"r19 cnonce twice", ",cnonce=\"a\"", REFUSED},
    {"r19 response twice", ",response=0123456789abcdef0123456789abcdef", REFUSED},
    {"r19 nc twice", ",nc=00000001", REFUSED},
    {"r19 qop twice", ",qop=auth", REFUSED},
    {"r19 digest-uri twice", ",digest-uri=\"a/b\"", REFUSED},
    {"r19 charset twice", ",charset=utf-8", REFUSED},
    {"r19 maxbuf twice", ",maxbuf=4096,maxbuf=4096", REFUSED},
    {"r19 authzid twice", ",authzid=\"a\",authzid=\"a\"", REFUSED},
    {"r19 username twice, in another case", ",USERNAME=\"alice\"", REFUSED},
    {"text after a string", ",x=\"y\"z", REFUSED},
    {"a control character", ",x=\x01", REFUSED},
    {"no comma between directives", " x=y", REFUSED},
};

/* Whole tokens. */
static const struct {
    const char *name, *text;
    ULONG length;
} tokens[] = {
    {"empty", "", 0},
    {"one byte", "a", 1},
    {"one zero", "\0", 1},
    {"zeros", "\0\0\0\0", 4},
    {"a comma", ",", 1},
    {"=", "=", 1},
    {"a quote", "\"", 1},
    {"a backslash", "\\", 1},
    {"r01", "nonce,realm=\"x\"", 15},
    {"r04", "username=\"x\",uri,nonce=\"y\"", 26},
    {"r17 a zero inside", "username=\"al\0ice\"", 17},
    {"GSSAPI", "\x60\x82\x01\x00\x06\x09", 6},
    {"bytes above 127", "\xFF\xFE\xFD\xFC", 4},
    {"rspauth", "rspauth=0123456789abcdef0123456789abcdef", 40},
};

static void judge(struct exchange *exchange, SECURITY_STATUS expected)
{
    SECURITY_STATUS status = verify(exchange);
    ok(status == expected, "0x%08X instead of 0x%08X", (unsigned)status, (unsigned)expected);
    if (status < 0)
        ours_returns(STATUS_LOGON_FAILURE, verify(exchange));
    finish(exchange);
}

static void edited(void)
{
    struct exchange exchange;
    size_t i;
    for (i = 0; i < COUNT(edits); i++) {
        in_row(edits[i].name);
        if (!until_response(&exchange, AUTH))
            continue;
        set_directive(&exchange.response, edits[i].directive, edits[i].value);
        judge(&exchange, edits[i].expected);
    }
    for (i = 0; i < COUNT(additions); i++) {
        in_row(additions[i].name);
        if (!until_response(&exchange, AUTH))
            continue;
        append(&exchange.response, additions[i].more);
        judge(&exchange, additions[i].expected);
    }
    for (i = 0; i < COUNT(tokens); i++) {
        in_row(tokens[i].name);
        if (!until_response(&exchange, AUTH))
            continue;
        memcpy(exchange.response.text, tokens[i].text, tokens[i].length);
        exchange.response.length = tokens[i].length;
        judge(&exchange, REFUSED);
    }
    in_row(NULL);
}

/* R03 by pairs; R22 with a cipher. */
static void pairs(void)
{
    static const char *const names[] = {"realm", "username", "nonce", "cnonce", "response", "nc"};
    struct exchange exchange;
    size_t i, j;
    in_row("r03 two directives missing");
    for (i = 0; i < COUNT(names); i++) {
        for (j = i + 1; j < COUNT(names); j++) {
            if (!until_response(&exchange, AUTH))
                continue;
            set_directive(&exchange.response, names[i], NULL);
            set_directive(&exchange.response, names[j], NULL);
            judge(&exchange, REFUSED);
        }
    }
    in_row("r22 cipher not offered");
    if (until_response(&exchange, AUTH_CONF)) {
        set_directive(&exchange.response, "cipher", "des");
        judge(&exchange, REFUSED);
    }
    in_row("r22 cipher twice");
    if (until_response(&exchange, AUTH_CONF)) {
        append(&exchange.response, ",cipher=3des");
        judge(&exchange, REFUSED);
    }
    in_row("r22 cipher beside qop auth is ignored");
    if (until_response(&exchange, AUTH)) {
        append(&exchange.response, ",cipher=nonsense");
        judge(&exchange, SEC_E_OK);
    }
    in_row("r44 the layer stripped from the response");
    if (until_response(&exchange, AUTH_CONF)) {
        set_directive(&exchange.response, "qop", "auth-int");
        judge(&exchange, SEC_E_LOGON_DENIED);
    }
    in_row(NULL);
}

/* R05, R11, R14: every prefix of a response, and the greatest lengths. */
static void lengths(void)
{
    static const struct {
        ULONG length;
        SECURITY_STATUS expected;
    } rows[] = {{4094, SEC_E_OK}, {4095, SEC_E_OK}, {4096, REFUSED}, {4097, REFUSED}, {8000, REFUSED}};
    struct exchange exchange;
    ULONG length, whole = 400;
    SECURITY_STATUS status;
    size_t i;
    in_row("r14 cut");
    for (length = 0; length < whole; length++) {
        if (!until_response(&exchange, AUTH_CONF))
            return;
        whole = exchange.response.length;
        exchange.response.length = length;
        exchange.response.text[length] = '\0';
        status = verify(&exchange);
        /* what is cut may be whole: without charset the response is right, of auth-conf is left auth */
        if (strcmp(directive(&exchange.response, "cipher"), "3des") == 0)
            ok(status == REFUSED || status == SEC_E_OK, "cut to %u: 0x%08X", (unsigned)length,
               (unsigned)status);
        else
            ok(status == REFUSED || status == SEC_E_LOGON_DENIED, "cut to %u: 0x%08X", (unsigned)length,
               (unsigned)status);
        finish(&exchange);
    }
    in_row("r11 length");
    for (i = 0; i < COUNT(rows); i++) {
        if (!until_response(&exchange, AUTH))
            return;
        append(&exchange.response, ",x=\"");
        while (exchange.response.length < rows[i].length - 1)
            append(&exchange.response, "a");
        append(&exchange.response, "\"");
        judge(&exchange, rows[i].expected);
    }
    in_row(NULL);
}

/* R15: a mebibyte of one byte is refused at once, also as a first token. */
static void runs(void)
{
    static const char bytes[] = {'\\', '"', ',', '=', ' ', 'a', '\0'};
    const ULONG length = 1 << 20;
    char *run = malloc(length);
    size_t i;
    for (i = 0; i < sizeof bytes; i++) {
        struct exchange exchange;
        in_row("r15 a run of one byte");
        memset(run, bytes[i], length);
        prepare(&exchange, AUTH);
        ours_returns(REFUSED, verify_bytes(&exchange, run, length));
        returns(SEC_I_CONTINUE_NEEDED, make_challenge(&exchange));
        returns(REFUSED, verify_bytes(&exchange, run, length));
        finish(&exchange);
    }
    in_row(NULL);
    free(run);
}

START_TEST(malformed)
{
    if (!can_log_in())
        return;
    configure("");
    edited();
    pairs();
    lengths();
    runs();
}

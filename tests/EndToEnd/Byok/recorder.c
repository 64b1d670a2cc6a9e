/*
 * A PKCS#11 module that stands before another one, hands each call on, and writes down what came out of it: the name of the
 * function, the answer, and every byte that the caller got. A function that it does not know is refused, so that nothing
 * passes unseen.
 *
 *   RECORDER_MODULE  path of the module behind it
 *   RECORDER_LOG     file that is appended to
 *   RECORDER_ALIAS   "FROM:TO", hexadecimal: the mechanism FROM of our caller is TO of the module behind. p11-kit carries only
 *                    mechanisms that it knows; with one of these on each side of it, a mechanism travels under another number.
 *   RECORDER_HOLD    a file: where a session is closed after a key was wrapped, FILE.held is made, and the call waits until FILE is
 *                    gone, so that somebody can look at the process as it is at that moment
 *
 * Written against the layout of PKCS#11 2.40: a version and 68 pointers to functions, in the standard's order.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef unsigned long word;
typedef struct { word type; void *value; word length; } attribute;
typedef struct { word type; void *parameter; word length; } mechanism;
typedef struct { unsigned char version[2]; void *f[68]; } functions;

enum {
    INITIALIZE = 0, FINALIZE = 1, GET_INFO = 2, GET_FUNCTION_LIST = 3, GET_SLOT_LIST = 4, GET_SLOT_INFO = 5, GET_TOKEN_INFO = 6,
    GET_MECHANISM_LIST = 7, GET_MECHANISM_INFO = 8, OPEN_SESSION = 12, CLOSE_SESSION = 13, CLOSE_ALL_SESSIONS = 14,
    GET_SESSION_INFO = 15, LOGIN = 18, LOGOUT = 19, CREATE_OBJECT = 20, DESTROY_OBJECT = 22, GET_ATTRIBUTE_VALUE = 24,
    FIND_OBJECTS_INIT = 26, FIND_OBJECTS = 27, FIND_OBJECTS_FINAL = 28, ENCRYPT_INIT = 29, ENCRYPT = 30,
    GENERATE_KEY = 58, GENERATE_KEY_PAIR = 59, WRAP_KEY = 60
};

#define OK 0UL
#define GENERAL_ERROR 5UL
#define FUNCTION_NOT_SUPPORTED 0x54UL
#define UNAVAILABLE (~0UL)

static functions *behind;
static functions before;
static word alias_from, alias_to;
static int log_file = -1;
static int has_wrapped;

static void hold(void)
{
    const char *file = getenv("RECORDER_HOLD");
    if (file == NULL || !has_wrapped || access(file, F_OK) != 0) return;
    char held[4096];
    snprintf(held, sizeof held, "%s.held", file);
    close(open(held, O_WRONLY | O_CREAT, 0600));
    while (access(file, F_OK) == 0) usleep(20000);
}

static void record(const char *name, word answer, const void *bytes, word length)
{
    char head[80];
    int n = snprintf(head, sizeof head, "%s 0x%lx ", name, answer);
    char *line = malloc((size_t)n + (length * 2) + 2);
    if (line == NULL) abort();
    memcpy(line, head, (size_t)n);
    for (word i = 0; i < length; i++) sprintf(line + n + (i * 2), "%02x", ((const unsigned char *)bytes)[i]);
    line[n + (length * 2)] = '\n';
    if (write(log_file, line, (size_t)n + (length * 2) + 1) < 0) abort();
    free(line);
}

#define CALL(number, type) ((word (*) type)behind->f[number])

static word initialize(void *arguments)
{
    word answer = CALL(INITIALIZE, (void *))(arguments);
    record("C_Initialize", answer, NULL, 0);
    return answer;
}

static word finalize(void *reserved)
{
    word answer = CALL(FINALIZE, (void *))(reserved);
    record("C_Finalize", answer, NULL, 0);
    return answer;
}

static word get_info(void *info)
{
    word answer = CALL(GET_INFO, (void *))(info);
    record("C_GetInfo", answer, NULL, 0);
    return answer;
}

static word get_slot_list(unsigned char present, word *list, word *count)
{
    word answer = CALL(GET_SLOT_LIST, (unsigned char, word *, word *))(present, list, count);
    record("C_GetSlotList", answer, list, answer == OK && list != NULL ? *count * sizeof(word) : 0);
    return answer;
}

static word get_slot_info(word slot, void *info)
{
    word answer = CALL(GET_SLOT_INFO, (word, void *))(slot, info);
    record("C_GetSlotInfo", answer, NULL, 0);
    return answer;
}

static word get_token_info(word slot, void *info)
{
    word answer = CALL(GET_TOKEN_INFO, (word, void *))(slot, info);
    record("C_GetTokenInfo", answer, info, answer == OK ? 32 : 0);
    return answer;
}

static word get_mechanism_list(word slot, word *list, word *count)
{
    word answer = CALL(GET_MECHANISM_LIST, (word, word *, word *))(slot, list, count);
    if (answer == OK && list != NULL && alias_from != 0)
        for (word i = 0; i < *count; i++)
            if (list[i] == alias_to) list[i] = alias_from;
    record("C_GetMechanismList", answer, list, answer == OK && list != NULL ? *count * sizeof(word) : 0);
    return answer;
}

static word get_mechanism_info(word slot, word type, void *info)
{
    word answer = CALL(GET_MECHANISM_INFO, (word, word, void *))(slot, alias_from != 0 && type == alias_from ? alias_to : type, info);
    record("C_GetMechanismInfo", answer, NULL, 0);
    return answer;
}

static word open_session(word slot, word flags, void *application, void *notify, word *session)
{
    word answer = CALL(OPEN_SESSION, (word, word, void *, void *, word *))(slot, flags, application, notify, session);
    record("C_OpenSession", answer, NULL, 0);
    return answer;
}

static word close_session(word session)
{
    word answer = CALL(CLOSE_SESSION, (word))(session);
    record("C_CloseSession", answer, NULL, 0);
    hold();
    return answer;
}

static word close_all_sessions(word slot)
{
    word answer = CALL(CLOSE_ALL_SESSIONS, (word))(slot);
    record("C_CloseAllSessions", answer, NULL, 0);
    return answer;
}

static word get_session_info(word session, void *info)
{
    word answer = CALL(GET_SESSION_INFO, (word, void *))(session, info);
    record("C_GetSessionInfo", answer, NULL, 0);
    return answer;
}

static word login(word session, word user, unsigned char *pin, word length)
{
    word answer = CALL(LOGIN, (word, word, unsigned char *, word))(session, user, pin, length);
    record("C_Login", answer, NULL, 0);
    return answer;
}

static word logout(word session)
{
    word answer = CALL(LOGOUT, (word))(session);
    record("C_Logout", answer, NULL, 0);
    return answer;
}

static word create_object(word session, attribute *template, word count, word *object)
{
    word answer = CALL(CREATE_OBJECT, (word, attribute *, word, word *))(session, template, count, object);
    record("C_CreateObject", answer, NULL, 0);
    return answer;
}

static word destroy_object(word session, word object)
{
    word answer = CALL(DESTROY_OBJECT, (word, word))(session, object);
    record("C_DestroyObject", answer, NULL, 0);
    return answer;
}

static word get_attribute_value(word session, word object, attribute *template, word count)
{
    word answer = CALL(GET_ATTRIBUTE_VALUE, (word, word, attribute *, word))(session, object, template, count);
    for (word i = 0; i < count; i++)
    {
        char name[64];
        snprintf(name, sizeof name, "C_GetAttributeValue:0x%lx", template[i].type);
        record(name, answer, template[i].value, template[i].value == NULL || template[i].length == UNAVAILABLE ? 0 : template[i].length);
    }

    return answer;
}

static word find_objects_init(word session, attribute *template, word count)
{
    word answer = CALL(FIND_OBJECTS_INIT, (word, attribute *, word))(session, template, count);
    record("C_FindObjectsInit", answer, NULL, 0);
    return answer;
}

static word find_objects(word session, word *objects, word most, word *count)
{
    word answer = CALL(FIND_OBJECTS, (word, word *, word, word *))(session, objects, most, count);
    record("C_FindObjects", answer, objects, answer == OK ? *count * sizeof(word) : 0);
    return answer;
}

static word find_objects_final(word session)
{
    word answer = CALL(FIND_OBJECTS_FINAL, (word))(session);
    record("C_FindObjectsFinal", answer, NULL, 0);
    return answer;
}

static word encrypt_init(word session, mechanism *with, word key)
{
    word answer = CALL(ENCRYPT_INIT, (word, mechanism *, word))(session, with, key);
    record("C_EncryptInit", answer, NULL, 0);
    return answer;
}

static word encrypt(word session, unsigned char *data, word length, unsigned char *encrypted, word *encrypted_length)
{
    word answer = CALL(ENCRYPT, (word, unsigned char *, word, unsigned char *, word *))(session, data, length, encrypted, encrypted_length);
    record("C_Encrypt", answer, encrypted, answer == OK && encrypted != NULL ? *encrypted_length : 0);
    return answer;
}

static word generate_key(word session, mechanism *with, attribute *template, word count, word *key)
{
    word answer = CALL(GENERATE_KEY, (word, mechanism *, attribute *, word, word *))(session, with, template, count, key);
    record("C_GenerateKey", answer, NULL, 0);
    return answer;
}

static word generate_key_pair(word session, mechanism *with, attribute *public_template, word public_count, attribute *private_template, word private_count, word *public_key, word *private_key)
{
    word answer = CALL(GENERATE_KEY_PAIR, (word, mechanism *, attribute *, word, attribute *, word, word *, word *))(session, with, public_template, public_count, private_template, private_count, public_key, private_key);
    record("C_GenerateKeyPair", answer, NULL, 0);
    return answer;
}

static word wrap_key(word session, mechanism *with, word wrapping, word key, unsigned char *wrapped, word *length)
{
    mechanism other = *with;
    if (alias_from != 0 && other.type == alias_from) other.type = alias_to;
    has_wrapped = 1;
    word answer = CALL(WRAP_KEY, (word, mechanism *, word, word, unsigned char *, word *))(session, &other, wrapping, key, wrapped, length);
    record("C_WrapKey", answer, wrapped, answer == OK && wrapped != NULL ? *length : 0);
    return answer;
}

static word unknown(void)
{
    record("unknown", FUNCTION_NOT_SUPPORTED, NULL, 0);
    return FUNCTION_NOT_SUPPORTED;
}

word C_GetFunctionList(functions **list)
{
    if (behind == NULL)
    {
        const char *module = getenv("RECORDER_MODULE"), *log = getenv("RECORDER_LOG"), *alias = getenv("RECORDER_ALIAS");
        if (module == NULL || log == NULL) return GENERAL_ERROR;
        if (alias != NULL && sscanf(alias, "%lx:%lx", &alias_from, &alias_to) != 2) return GENERAL_ERROR;
        void *library = dlopen(module, RTLD_NOW | RTLD_LOCAL);
        if (library == NULL) return GENERAL_ERROR;
        word (*get)(functions **) = (word (*)(functions **))dlsym(library, "C_GetFunctionList");
        if (get == NULL || get(&behind) != OK) return GENERAL_ERROR;
        log_file = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (log_file < 0) return GENERAL_ERROR;
        memcpy(before.version, behind->version, sizeof before.version);
        for (int i = 0; i < 68; i++) before.f[i] = (void *)unknown;
        before.f[INITIALIZE] = (void *)initialize;
        before.f[FINALIZE] = (void *)finalize;
        before.f[GET_INFO] = (void *)get_info;
        before.f[GET_FUNCTION_LIST] = (void *)C_GetFunctionList;
        before.f[GET_SLOT_LIST] = (void *)get_slot_list;
        before.f[GET_SLOT_INFO] = (void *)get_slot_info;
        before.f[GET_TOKEN_INFO] = (void *)get_token_info;
        before.f[GET_MECHANISM_LIST] = (void *)get_mechanism_list;
        before.f[GET_MECHANISM_INFO] = (void *)get_mechanism_info;
        before.f[OPEN_SESSION] = (void *)open_session;
        before.f[CLOSE_SESSION] = (void *)close_session;
        before.f[CLOSE_ALL_SESSIONS] = (void *)close_all_sessions;
        before.f[GET_SESSION_INFO] = (void *)get_session_info;
        before.f[LOGIN] = (void *)login;
        before.f[LOGOUT] = (void *)logout;
        before.f[CREATE_OBJECT] = (void *)create_object;
        before.f[DESTROY_OBJECT] = (void *)destroy_object;
        before.f[GET_ATTRIBUTE_VALUE] = (void *)get_attribute_value;
        before.f[FIND_OBJECTS_INIT] = (void *)find_objects_init;
        before.f[FIND_OBJECTS] = (void *)find_objects;
        before.f[FIND_OBJECTS_FINAL] = (void *)find_objects_final;
        before.f[ENCRYPT_INIT] = (void *)encrypt_init;
        before.f[ENCRYPT] = (void *)encrypt;
        before.f[GENERATE_KEY] = (void *)generate_key;
        before.f[GENERATE_KEY_PAIR] = (void *)generate_key_pair;
        before.f[WRAP_KEY] = (void *)wrap_key;
    }

    *list = &before;
    return OK;
}

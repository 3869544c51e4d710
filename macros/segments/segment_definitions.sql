{#-
    Segments as code: the definitions stand in `config.meta` of the seg_ and audience_ models. They are read from dbt's graph, which is
    whole only while a node is compiled: before that, all lists are empty.
-#}

{% macro project_graph() %}
    {#- dbt's unit tests have no graph. A project of four dimensions stands in, so that no test changes with a segment; and for sqlfluff,
        which takes minutes for what a hundred rules render to and seconds for ten. -#}
    {{ return(graph.nodes if graph.nodes is defined and target.name != 'lint' else unit_test_project()) }}
{% endmacro %}

{% macro unit_test_project() %}
    {%- set features = {
        'customer': {
            'tenure_days': 'integer', 'days_since_active': 'integer', 'first_active_on': 'date', 'active_days_28d': 'integer',
            'is_paying': 'boolean', 'country_code': 'string',
        },
        'account': {'employee_count': 'bigint', 'features_used_28d': 'integer'},
    } -%}
    {%- set segments = {
        'engagement': [
            {'key': 'new', 'rules': {'id': 'r', 'feature': 'tenure_days', 'op': 'lt', 'value': 14}},
            {'key': 'active', 'rules': {'id': 'r', 'feature': 'days_since_active', 'op': 'lt', 'value': 28}},
            {'key': 'dormant', 'rules': {'id': 'r', 'feature': 'days_since_active', 'op': 'gte', 'value': 28}},
        ],
        'lifecycle': [
            {'key': 'never_active', 'rules': {'id': 'r', 'feature': 'first_active_on', 'op': 'is_null'}},
            {'key': 'current', 'rules': {'id': 'r', 'feature': 'active_days_28d', 'op': 'gt', 'value': 0}},
            {'key': 'inactive', 'rules': {'id': 'r', 'feature': 'active_days_28d', 'op': 'eq', 'value': 0}},
        ],
        'rfm': [{'key': 'champions'}, {'key': 'non_buyer'}],
        'firmographic': [
            {'key': 'small', 'rules': {'id': 'r', 'feature': 'employee_count', 'op': 'lt', 'value': 50}},
            {'key': 'large', 'rules': {'id': 'r', 'feature': 'employee_count', 'op': 'gte', 'value': 50}},
        ],
    } -%}
    {%- set nodes = {} -%}
    {%- for entity, types in features.items() -%}
        {%- set columns = {} -%}
        {%- for name, type in types.items() -%}
            {%- do columns.update({name: {'name': name, 'data_type': type}}) -%}
        {%- endfor -%}
        {%- do nodes.update({entity: {
            'resource_type': 'model', 'name': entity ~ '_features', 'columns': columns, 'config': {'meta': {}},
        }}) -%}
    {%- endfor -%}
    {%- for dimension, listed in segments.items() -%}
        {%- set entries = [] -%}
        {%- for segment in listed -%}
            {%- do entries.append(dict(segment, version=1)) -%}
        {%- endfor -%}
        {%- do nodes.update({dimension: {'resource_type': 'model', 'name': 'seg_' ~ dimension, 'config': {'meta': {
            'dimension': dimension,
            'entity': 'account' if dimension == 'firmographic' else 'customer',
            'exclusive': true,
            'hand_written': dimension == 'rfm',
            'segments': entries,
        }}}}) -%}
    {%- endfor -%}
    {{ return(nodes) }}
{% endmacro %}

{% macro segment_dimensions() %}
    {#- Every dimension and audience as written, in the order of their names: that of columns and of the segment set key. -#}
    {%- set found = {} -%}
    {%- if execute -%}
        {%- for node in project_graph().values() if node.resource_type == 'model' and 'segments' in node.config.meta -%}
            {%- set meta = node.config.meta -%}
            {%- if meta.dimension in found -%}
                {{ exceptions.raise_compiler_error(
                    "segment dimension '" ~ meta.dimension ~ "' is defined by " ~ node.name ~ ' and by ' ~ found[meta.dimension].model
                    ~ '. Fix: rename one.'
                ) }}
            {%- endif -%}
            {%- do found.update({meta.dimension: {
                'model': node.name,
                'dimension': meta.dimension,
                'entity': meta.entity,
                'exclusive': meta.exclusive,
                'hand_written': meta.get('hand_written', false),
                'kpi_breakdown': meta.get('kpi_breakdown', true) and meta.exclusive,
                'segments': meta.segments,
                'previous_versions': meta.get('previous_versions', []),
            }}) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ return(found.values() | sort(attribute='dimension')) }}
{% endmacro %}

{% macro retired_dimensions() %}
    {#-
        Definitions no longer in force, as dimensions of their own: `previous_versions` of a definition holds, for each, its segments as they
        were and `retired_on`. They are named <dimension>__v<version> and compiled like the others, for the history alone.
    -#}
    {%- set retired = [] -%}
    {%- for dimension in segment_dimensions() -%}
        {%- for previous in dimension.previous_versions -%}
            {%- if dimension.hand_written -%}
                {{ exceptions.raise_compiler_error(
                    dimension.model ~ ' is written by hand: its previous versions cannot be compiled. Fix: keep the old model beside it.'
                ) }}
            {%- endif -%}
            {%- do retired.append(dict(
                dimension,
                dimension=dimension.dimension ~ '__v' ~ dimension_version(previous.segments),
                retired_from=dimension.dimension,
                retired_on=previous.retired_on | string,
                previous_versions=[],
                segments=previous.segments
            )) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(retired) }}
{% endmacro %}

{% macro dimension_version(segments) %}
    {#- Grows by one with each version of one of the segments. -#}
    {{ return((segments | map(attribute='version') | sum) - (segments | length) + 1) }}
{% endmacro %}

{% macro exclusive_dimensions(entity) %}
    {{ return(segment_dimensions() | selectattr('exclusive') | selectattr('entity', 'equalto', entity) | map(attribute='dimension') | list) }}
{% endmacro %}

{% macro account_dimensions() %}
    {{ return(exclusive_dimensions('account')) }}
{% endmacro %}

{% macro customer_dimensions() %}
    {#- A customer has the segments of its account as well. -#}
    {{ return((exclusive_dimensions('customer') + account_dimensions()) | sort) }}
{% endmacro %}

{% macro kpi_dimensions(dimensions) %}
    {#- Those of the dimensions that KPIs are broken down by. -#}
    {%- set exclusive = segment_dimensions() | selectattr('exclusive') | list -%}
    {%- set known = exclusive | map(attribute='dimension') | list -%}
    {%- for name in var('kpi_dimensions') if known and name not in known -%}
        {{ exceptions.raise_compiler_error(
            "var 'kpi_dimensions' has '" ~ name ~ "', which is no exclusive dimension. Fix: name some of " ~ known | join(', ') ~ '.'
        ) }}
    {%- endfor -%}
    {%- set shown = var('kpi_dimensions') or exclusive | selectattr('kpi_breakdown') | map(attribute='dimension') | list -%}
    {{ return(dimensions | select('in', shown) | list) }}
{% endmacro %}

{% macro rule_hash(segment) %}
    {#- Of what decides membership alone: neither owner nor tactic nor the order of keys changes it. -#}
    {{ return(local_md5(tojson({
        'rules': segment.get('rules'),
        'enter_after_days': segment.get('enter_after_days', 0),
        'exit_after_days': segment.get('exit_after_days', 0),
    }, sort_keys=true))) }}
{% endmacro %}

{% macro segment_catalogue() %}
    {#- One entry per segment and version, retired ones too, in the order of priority; an exclusive dimension ends with `unknown`. -#}
    {%- set entries = [] -%}
    {%- for dimension in segment_dimensions() + retired_dimensions() -%}
        {%- set definition = segment_definitions([dimension])[0] -%}
        {%- for segment in dimension.segments -%}
            {%- do entries.append({
                'definition': definition,
                'entity': dimension.entity,
                'dimension': definition.dimension,
                'exclusive': dimension.exclusive,
                'segment_key': segment.key,
                'version': segment.version,
                'hash': rule_hash(segment),
                'rule_text': segment_rule_text(segment),
                'sort_order': loop.index,
                'segment': segment,
            }) -%}
        {%- endfor -%}
        {%- if dimension.exclusive -%}
            {%- do entries.append({
                'definition': definition,
                'entity': dimension.entity,
                'dimension': definition.dimension,
                'exclusive': true,
                'segment_key': 'unknown',
                'version': 1,
                'hash': local_md5('unknown'),
                'rule_text': 'What the rules of ' ~ definition.dimension ~ ' read is missing, or none of them holds',
                'sort_order': dimension.segments | length + 1,
                'segment': {
                    'key': 'unknown', 'name': 'Unknown', 'description': 'Those whom no other segment of the dimension takes',
                },
            }) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(entries) }}
{% endmacro %}

{% macro segment_definitions(dimensions=none) %}
    {#- One entry per dimension or audience in force, or per dimension given. `state` names the column that holds its membership. -#}
    {%- set entries = [] -%}
    {%- for dimension in (segment_dimensions() if dimensions is none else dimensions) -%}
        {%- set hashes = [] -%}
        {%- for segment in dimension.segments -%}
            {%- do hashes.append(segment.key ~ '=' ~ rule_hash(segment)) -%}
        {%- endfor -%}
        {%- do entries.append({
            'entity': dimension.entity,
            'dimension': dimension.get('retired_from', dimension.dimension),
            'exclusive': dimension.exclusive,
            'version': dimension_version(dimension.segments),
            'hash': local_md5(hashes | join(',')),
            'holdout_share': none if dimension.exclusive else dimension.segments[0].get('holdout_share'),
            'state': dimension.dimension,
            'retired_on': dimension.get('retired_on'),
        }) -%}
    {%- endfor -%}
    {{ return(entries) }}
{% endmacro %}
